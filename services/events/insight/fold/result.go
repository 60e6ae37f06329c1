package fold

import (
	"slices"
	"sort"
	"time"

	"devtrail.dev/services/events/insight"
)

// Result is what an actor's runs come to.
type Result struct {
	Reached int       // how many steps its best run took; 0 without a clean run
	Mean    []float64 // seconds from step k-1 to k at place k, over the runs that reached as far as the best; place 0 is 0
	Median  []float64 // likewise
	Best    Run       // the earliest of those runs
}

// ResultOf sums an actor's runs up.
func ResultOf(runs []Run) Result {
	var r Result
	best := 0 // runs that reached as far
	for _, run := range runs {
		switch {
		case run.Reached() > r.Reached:
			r.Reached, r.Best, best = run.Reached(), run, 1
		case run.Reached() == r.Reached:
			best++
		}
	}
	if r.Reached < 2 {
		r.Mean, r.Median = make([]float64, r.Reached), make([]float64, r.Reached)
		return r
	}
	both := make([]float64, 2*r.Reached+best)
	r.Mean, r.Median, both = both[:r.Reached], both[r.Reached:2*r.Reached], both[2*r.Reached:]
	for k := 1; k < r.Reached; k++ {
		seconds := both[:0]
		for _, run := range runs {
			if run.Reached() == r.Reached {
				seconds = append(seconds, run.Times[k].Sub(run.Times[k-1]).Seconds())
			}
		}
		r.Mean[k] = Mean(seconds)
		slices.Sort(seconds)
		r.Median[k] = middle(seconds)
	}
	return r
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

// Started returns how far the best run of each bucket came, which is where a run began: keys are places of buckets.
func Started(runs []Run, buckets []time.Time) map[int]int {
	best := make(map[int]int)
	for _, run := range runs {
		b := sort.Search(len(buckets), func(i int) bool { return buckets[i].After(run.Times[0]) }) - 1
		if b >= 0 {
			best[b] = max(best[b], run.Reached())
		}
	}
	return best
}

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
