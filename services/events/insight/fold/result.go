package fold

import (
	"iter"
	"slices"
	"sort"
	"time"

	"devtrail.dev/services/events/insight"
)

// Result is what an actor's clean runs come to.
type Result struct {
	Reached int         // how many steps its best run took; 0 without a clean run
	Mean    []float64   // seconds from step k-1 to k at place k, over the runs that reached as far as the best; place 0 is 0
	Median  []float64   // likewise, when it is wanted
	Best    Run         // the earliest of those runs
	Started map[int]int // how far the best run of each bucket came, which is where a run began: keys are places of buckets
}

// Wanted is what an answer needs to know of runs besides how far the best came and what it took at the mean.
type Wanted struct {
	Buckets []time.Time // for Started; nil when nobody asks
	Medians bool        // they alone take room for each run: 8 bytes for every step that the best reached behind the first
}

// Of sums an actor's runs up.
func (w Wanted) Of(runs iter.Seq[Run]) Result {
	s := sum{Wanted: w}
	if len(w.Buckets) > 0 {
		s.Started = map[int]int{}
	}
	for run := range runs {
		s.add(run)
	}
	for k := 1; k < s.Reached; k++ {
		s.Mean[k] /= float64(s.best)
		if w.Medians {
			slices.Sort(s.seconds[k])
			s.Median[k] = middle(s.seconds[k])
		}
	}
	return s.Result
}

// sum is a result in the making: its means are sums still.
type sum struct {
	Wanted
	Result
	best    int         // runs that reached as far
	seconds [][]float64 // of those runs by step, for medians
}

func (s *sum) add(run Run) {
	if s.Started != nil {
		s.start(run)
	}
	switch reached := run.Reached(); {
	case reached < s.Reached:
		return
	case reached > s.Reached:
		s.exceed(run)
	}
	s.best++
	for k := 1; k < s.Reached; k++ {
		took := run.Times[k].Sub(run.Times[k-1]).Seconds()
		s.Mean[k] += took
		if s.Medians {
			s.seconds[k] = append(s.seconds[k], took)
		}
	}
}

// exceed begins anew with a run that came farther than those before.
func (s *sum) exceed(run Run) {
	n := run.Reached()
	s.Reached, s.best = n, 0
	s.Best = Run{Rows: append(s.Best.Rows[:0], run.Rows...), Steps: append(s.Best.Steps[:0], run.Steps...), Times: append(s.Best.Times[:0], run.Times...)}
	s.Mean = make([]float64, n)
	if s.Medians {
		s.Median = make([]float64, n)
		s.seconds = append(s.seconds, make([][]float64, n-len(s.seconds))...)
		for k := range s.seconds {
			s.seconds[k] = s.seconds[k][:0]
		}
	}
}

// start counts a run in the bucket in which it began.
func (s *sum) start(run Run) {
	b := sort.Search(len(s.Buckets), func(i int) bool { return s.Buckets[i].After(run.Times[0]) }) - 1
	if b >= 0 {
		s.Started[b] = max(s.Started[b], run.Reached())
	}
}

// Mean returns the mean of a list that is not empty.
func Mean(list []float64) float64 {
	var sum float64
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

// Median returns the middle of a list that is not empty, the mean of the two middles when there are two.
func Median(list []float64) float64 {
	return middle(slices.Sorted(slices.Values(list)))
}

func middle(sorted []float64) float64 { return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2 }

// Touch returns the key of the actor's first event that matches a step and has one of the properties, or of its last; without such an event the missing key.
func (f Funnel) Touch(rows []insight.Row, attribution insight.Attribution) insight.Key {
	found := insight.NewKey()
	for _, row := range rows {
		if row.Matches&(1<<f.steps-1) == 0 {
			continue
		}
		if key := insight.NewKey(row.Values...); key.Kind == insight.ValueKey {
			if attribution == insight.FirstTouch {
				return key
			}
			found = key
		}
	}
	return found
}

// Only returns the rows in which steps are matched only by events whose key is kept; nothing else changes.
func (f Funnel) Only(rows []insight.Row, keep func(insight.Key) bool) []insight.Row {
	kept := slices.Clone(rows)
	for i, row := range kept {
		if row.Matches&(1<<f.steps-1) != 0 && !keep(insight.NewKey(row.Values...)) {
			kept[i].Matches &^= 1<<f.steps - 1
		}
	}
	return kept
}
