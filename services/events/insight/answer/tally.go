package answer

import (
	"context"
	"math"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// tally adds actors up to one row of a funnel.
type tally struct {
	plan               funnelPlan
	key                insight.Key
	reached            []int64     // actors, by step
	means, medians     [][]float64 // of actors, by step, when they are shown
	entered, converted []int64     // actors, by bucket
	samples            []float64   // seconds of actors from the first to the last of the steps that are measured
}

// crowd is how many numbers the tallies of keys may have of which it is not known yet whether they are kept: 32 MB. Tallies of more are made
// when it is known, by walking through the actors once more.
const crowd = 1 << 22

// tallies are those of a funnel by the identities of their keys.
type tallies struct {
	plan       funnelPlan
	byIdentity map[string]*tally
	crowded    bool // there were too many: they are forgotten
}

// tally adds the actors up to the rows that are shown, and returns the keys that are kept in rank order.
func (e *Engine) tally(ctx context.Context, organization uuid.UUID, p funnelPlan) (rows *tallies, kept []insight.Key, err error) {
	all := &tallies{plan: p, byIdentity: map[string]*tally{}}
	kept, err = e.walk(ctx, organization, p, all.add)
	switch {
	case err != nil:
		return nil, nil, err
	case !all.crowded:
		return all.shown(kept), kept, nil
	}
	p.kept = kept
	all = &tallies{plan: p, byIdentity: map[string]*tally{}}
	_, err = e.walk(ctx, organization, p, all.add)
	return all, kept, err
}

// add adds an actor, under the key that is shown as soon as that is known.
func (t *tallies) add(_ string, key insight.Key, r fold.Result) {
	if t.crowded {
		return
	}
	waiting := t.plan.late() && t.plan.kept == nil
	if !waiting && t.plan.late() {
		key = rowKey(key, t.plan.kept)
	}
	t.of(key).add(r)
	if waiting && len(t.byIdentity)*t.plan.numbers() > crowd {
		t.crowded, t.byIdentity = true, nil
	}
}

// of returns the tally of a key.
func (t *tallies) of(key insight.Key) *tally {
	id := key.Identity()
	if t.byIdentity[id] == nil {
		buckets := len(t.plan.buckets())
		made := &tally{plan: t.plan, key: key, reached: make([]int64, len(t.plan.Steps)), entered: make([]int64, buckets), converted: make([]int64, buckets)}
		if t.plan.timed() {
			made.means, made.medians = make([][]float64, len(t.plan.Steps)), make([][]float64, len(t.plan.Steps))
		}
		t.byIdentity[id] = made
	}
	return t.byIdentity[id]
}

// numbers is how many a tally of nobody takes room for, those of its own fields included.
func (p funnelPlan) numbers() int {
	n := 64 + len(p.Steps) + 2*len(p.buckets())
	if p.timed() {
		n += 6 * len(p.Steps)
	}
	return n
}

// shown brings the tallies of keys that are not kept together as other. No actor is in two of them.
func (t *tallies) shown(kept []insight.Key) *tallies {
	rows := &tallies{plan: t.plan, byIdentity: map[string]*tally{}}
	for _, from := range t.byIdentity {
		into := rows.of(rowKey(from.key, kept))
		for k := range from.reached {
			into.reached[k] += from.reached[k]
		}
		for k := range from.means {
			into.means[k] = append(into.means[k], from.means[k]...)
			into.medians[k] = append(into.medians[k], from.medians[k]...)
		}
		for b := range from.entered {
			into.entered[b] += from.entered[b]
			into.converted[b] += from.converted[b]
		}
		into.samples = append(into.samples, from.samples...)
	}
	return rows
}

// add adds what an actor's clean runs come to.
func (t *tally) add(r fold.Result) {
	for k := range r.Reached {
		t.reached[k]++
		if k > 0 && t.means != nil {
			t.means[k] = append(t.means[k], r.Mean[k])
			t.medians[k] = append(t.medians[k], r.Median[k])
		}
	}
	for bucket, reached := range r.Started {
		if reached > t.plan.from {
			t.entered[bucket]++
		}
		if reached > t.plan.to {
			t.converted[bucket]++
		}
	}
	if t.plan.View == insight.TimeToConvert {
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
			row.MeanSeconds, row.Bins = &mean, binsOf(t.samples, t.plan.BinCount).count(t.samples)
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
	if t.means != nil && len(t.means[k]) > 0 {
		mean, median := fold.Mean(slices.Sorted(slices.Values(t.means[k]))), fold.Median(t.medians[k])
		step.MeanSeconds, step.MedianSeconds = &mean, &median
	}
	return step
}

// cents rounds to two decimals.
func cents(v float64) float64 { return math.Round(v*100) / 100 }
