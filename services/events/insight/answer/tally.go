package answer

import (
	"math"
	"slices"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// tally adds actors up to one row of a funnel.
type tally struct {
	plan               funnelPlan
	reached            []int64     // actors, by step
	means, medians     [][]float64 // of actors, by step
	entered, converted []int64     // actors, by bucket
	samples            []float64   // seconds of actors from the first to the last of the steps that are measured
}

// tallies are those of a funnel by the identities of their keys.
type tallies map[string]*keyTally

type keyTally struct {
	tally
	key insight.Key
}

// of returns the tally of a key.
func (t tallies) of(p funnelPlan, key insight.Key) *keyTally {
	id := key.Identity()
	if t[id] == nil {
		t[id] = &keyTally{key: key, tally: tally{
			plan: p, reached: make([]int64, len(p.Steps)), means: make([][]float64, len(p.Steps)), medians: make([][]float64, len(p.Steps)),
			entered: make([]int64, len(p.span.Buckets)), converted: make([]int64, len(p.span.Buckets)),
		}}
	}
	return t[id]
}

// rows brings the tallies of keys that are not kept together as other. No actor is in two of them.
func (t tallies) rows(p funnelPlan, kept []insight.Key) tallies {
	rows := tallies{}
	for _, from := range t {
		into := rows.of(p, rowKey(from.key, kept))
		for k := range into.reached {
			into.reached[k] += from.reached[k]
			into.means[k] = append(into.means[k], from.means[k]...)
			into.medians[k] = append(into.medians[k], from.medians[k]...)
		}
		for b := range into.entered {
			into.entered[b] += from.entered[b]
			into.converted[b] += from.converted[b]
		}
		into.samples = append(into.samples, from.samples...)
	}
	return rows
}

// add adds an actor by its clean runs.
func (t *tally) add(runs []fold.Run) {
	r := fold.ResultOf(runs)
	for k := range r.Reached {
		t.reached[k]++
		if k > 0 {
			t.means[k] = append(t.means[k], r.Mean[k])
			t.medians[k] = append(t.medians[k], r.Median[k])
		}
	}
	switch t.plan.View {
	case insight.FunnelTrends:
		for bucket, reached := range fold.Started(runs, t.plan.span.Buckets) {
			if reached > t.plan.from {
				t.entered[bucket]++
			}
			if reached > t.plan.to {
				t.converted[bucket]++
			}
		}
	case insight.TimeToConvert:
		if took, ok := t.plan.took(r); ok {
			t.samples = append(t.samples, took)
		}
	}
}

// row returns what the view shows.
func (t *tally) row(key *insight.Key) insight.FunnelRow {
	row := insight.FunnelRow{Key: key}
	switch t.plan.View {
	case insight.FunnelTrends:
		for b, entered := range t.entered {
			p := insight.FunnelPeriod{Entered: entered, Converted: t.converted[b]}
			if entered > 0 {
				p.Rate = cents(100 * float64(p.Converted) / float64(entered))
			}
			row.Periods = append(row.Periods, p)
		}
	case insight.TimeToConvert:
		if len(t.samples) > 0 {
			mean := cents(fold.Mean(slices.Sorted(slices.Values(t.samples))))
			row.MeanSeconds, row.Bins = &mean, t.bins().count(t.samples)
		}
	default:
		for k, n := range t.reached {
			row.Steps = append(row.Steps, t.step(k, n))
		}
	}
	return row
}

func (t *tally) step(k int, n int64) insight.FunnelStep {
	step := insight.FunnelStep{Count: n}
	if len(t.means[k]) > 0 && !t.plan.CountsOnly {
		mean, median := fold.Mean(slices.Sorted(slices.Values(t.means[k]))), fold.Median(t.medians[k])
		step.MeanSeconds, step.MedianSeconds = &mean, &median
	}
	return step
}

// cents rounds to two decimals.
func cents(v float64) float64 { return math.Round(v*100) / 100 }

// bins are n+1 rows of one width from the lowest bound on.
type bins struct {
	lowest, width float64
	n             int
}

// bins fits the samples, of which there is at least one.
func (t *tally) bins() bins {
	b := bins{lowest: math.Floor(slices.Min(t.samples)), n: t.plan.BinCount}
	switch {
	case b.n < 0:
		b.n = 1
	case b.n > insight.MaxBins:
		b.n = insight.MaxBins
	case b.n == 0:
		for b.n*b.n*b.n < len(t.samples) {
			b.n++
		}
		b.n = min(max(b.n, 3), 60)
	}
	if b.width = math.Ceil((math.Ceil(slices.Max(t.samples)) - b.lowest) / float64(b.n)); b.width == 0 {
		b.width = 60
	}
	return b
}

// of returns which bin a sample is in.
func (b bins) of(seconds float64) int {
	return min(int(math.Floor((seconds-b.lowest)/b.width)), b.n)
}

func (b bins) count(samples []float64) []insight.FunnelBin {
	rows := make([]insight.FunnelBin, b.n+1)
	for i := range rows {
		rows[i].FromSeconds = int64(b.lowest + float64(i)*b.width)
	}
	for _, s := range samples {
		rows[b.of(s)].Actors++
	}
	return rows
}
