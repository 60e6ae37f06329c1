package answer

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// Funnel answers how many actors take steps one after the other. The error is a fault of kind Invalid that names the field, or the store's.
func (e *Engine) Funnel(ctx context.Context, organization uuid.UUID, r insight.FunnelRequest) (insight.FunnelAnswer, error) {
	plan, err := e.planFunnel(ctx, organization, r)
	if err != nil {
		return insight.FunnelAnswer{}, err
	}
	if plan.countable() {
		counts, ok, err := e.store.FunnelCounts(ctx, organization, plan.query)
		if err != nil {
			return insight.FunnelAnswer{}, err
		}
		if ok {
			return insight.FunnelAnswer{Rows: []insight.FunnelRow{countedRow(counts)}}, nil
		}
	}
	rows, kept, err := e.tally(ctx, organization, plan)
	if err != nil {
		return insight.FunnelAnswer{}, err
	}
	answer := insight.FunnelAnswer{Buckets: plan.buckets()}
	if plan.Breakdown == nil {
		answer.Rows = []insight.FunnelRow{rows.of(insight.Key{}).row(nil)} // a funnel that nobody enters has a row, too
		return answer, nil
	}
	for _, key := range append(kept, insight.Other) {
		if t := rows.byIdentity[key.Identity()]; t != nil && t.reached[0] > 0 {
			answer.Rows = append(answer.Rows, t.row(&key))
		}
	}
	return answer, nil
}

// FunnelActors lists the actors that a number of the answer counts, in the order of their text.
func (e *Engine) FunnelActors(ctx context.Context, organization uuid.UUID, r insight.FunnelRequest, cell insight.FunnelCell, page insight.ActorPage) ([]string, error) {
	plan, err := e.planFunnel(ctx, organization, r)
	if err != nil {
		return nil, err
	}
	if cell, err = plan.checkCell(cell); err != nil {
		return nil, err
	}
	type member struct {
		actor string
		key   insight.Key
		took  float64
	}
	var members []member
	kept, err := e.walk(ctx, organization, plan, func(actor string, key insight.Key, r fold.Result) {
		if plan.counts(cell, r) {
			took, _ := plan.took(r)
			members = append(members, member{actor: actor, key: key, took: took})
		}
	})
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(m member) bool { return cell.Key != nil && rowKey(m.key, kept).Compare(*cell.Key) != 0 })
	if plan.View == insight.TimeToConvert {
		if len(members) == 0 { // a row without bins, or no row at all
			return nil, none("cell.bin")
		}
		samples := make([]float64, len(members)) // those of the row: its members are who converted
		for i, m := range members {
			samples[i] = m.took
		}
		bins := binsOf(samples, plan.BinCount)
		if cell.Bin > bins.n {
			return nil, none("cell.bin")
		}
		members = slices.DeleteFunc(members, func(m member) bool { return bins.of(m.took) != cell.Bin })
	}
	list := make(actors, len(members))
	for i, m := range members {
		list[i] = m.actor
	}
	return list.page(page), nil
}

// funnelPlan is a request worked out.
type funnelPlan struct {
	insight.FunnelRequest
	span     insight.Span
	query    insight.FunnelQuery
	fold     fold.Funnel
	from, to int
	kept     []insight.Key // of a breakdown by properties, once they are known
}

func (e *Engine) planFunnel(ctx context.Context, organization uuid.UUID, r insight.FunnelRequest) (funnelPlan, error) {
	r, err := r.Checked()
	if err != nil {
		return funnelPlan{}, err
	}
	plan := funnelPlan{FunnelRequest: r}
	if r.View == insight.FunnelTrends {
		plan.span, err = e.span(ctx, organization, r.Period, false)
	} else {
		plan.span, err = e.span(ctx, organization, unbucketed(r.Period), true)
	}
	plan.query = r.Query(plan.span)
	plan.fold = fold.NewFunnel(plan.query)
	plan.from, plan.to = r.Between()
	return plan, err
}

// countable tells whether a store may have a faster way than sequences.
func (p funnelPlan) countable() bool {
	return p.View == insight.FunnelSteps && p.CountsOnly && p.Order == insight.Ordered && len(p.Exclusions) == 0 && p.Breakdown == nil
}

// timed tells whether the times between steps are shown.
func (p funnelPlan) timed() bool { return p.View == insight.FunnelSteps && !p.CountsOnly }

// buckets are those of a funnel by time; other views have none.
func (p funnelPlan) buckets() []time.Time {
	if p.View != insight.FunnelTrends {
		return nil
	}
	return p.span.Buckets
}

// checkCell refuses a number that the answer does not have.
func (p funnelPlan) checkCell(cell insight.FunnelCell) (insight.FunnelCell, error) {
	if cell.Standing == 0 {
		cell.Standing = insight.Converted
	}
	switch {
	case (cell.Key == nil) != (p.Breakdown == nil):
		return cell, none("cell.breakdown")
	case cell.Standing > p.lastStanding():
		return cell, none("cell.standing")
	case p.View == insight.FunnelSteps && (cell.Step < 0 || cell.Step >= len(p.Steps) || cell.Standing == insight.Dropped && cell.Step == 0):
		return cell, none("cell.step")
	case p.View == insight.FunnelTrends && (cell.Bucket < 0 || cell.Bucket >= len(p.span.Buckets)):
		return cell, none("cell.bucket")
	case p.View == insight.TimeToConvert && cell.Bin < 0:
		return cell, none("cell.bin")
	}
	return cell, nil
}

// lastStanding is the last of those that actors of the view may have: a bin has only who converted.
func (p funnelPlan) lastStanding() insight.Standing {
	switch p.View {
	case insight.FunnelTrends:
		return insight.Entered
	case insight.TimeToConvert:
		return insight.Converted
	case insight.FunnelSteps:
	}
	return insight.Dropped
}

// counts tells whether an actor whose runs come to this counts in a cell, of whatever key; of a bin, whether it converted at all.
func (p funnelPlan) counts(cell insight.FunnelCell, r fold.Result) bool {
	reached, least, before := r.Reached, cell.Step+1, cell.Step
	switch p.View {
	case insight.FunnelTrends:
		reached, least, before = r.Started[cell.Bucket], p.to+1, p.from+1
	case insight.TimeToConvert:
		_, ok := p.took(r)
		return ok
	}
	switch cell.Standing {
	case insight.Dropped:
		return reached >= before && reached < least
	case insight.Entered:
		return reached >= before
	}
	return reached >= least
}

// took is how many seconds an actor took from the first to the last of the steps that are measured; ok is false when it did not get so far.
func (p funnelPlan) took(r fold.Result) (seconds float64, ok bool) {
	if r.Reached <= p.to {
		return 0, false
	}
	for k := p.from + 1; k <= p.to; k++ {
		seconds += r.Mean[k]
	}
	return seconds, true
}

// countedRow is the row of a funnel whose actors a store has counted.
func countedRow(counts []int64) insight.FunnelRow {
	var row insight.FunnelRow
	for _, n := range counts {
		row.Steps = append(row.Steps, insight.FunnelStep{Count: n})
	}
	return row
}
