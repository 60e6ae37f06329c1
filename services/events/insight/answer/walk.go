package answer

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// visitor is told what the clean runs, at least one, of an actor in a bucket of the breakdown come to; without a breakdown the key is the zero value.
type visitor func(actor string, key insight.Key, r fold.Result)

// walk goes through the actors of a funnel and returns the keys that are kept, in rank order. An actor is visited once with the key that its events
// give it, kept or not; with an attribution to all steps it is visited once for each key that is kept and once for the others together.
func (e *Engine) walk(ctx context.Context, organization uuid.UUID, p funnelPlan, visit visitor) (kept []insight.Key, err error) {
	b := p.Breakdown
	kept = p.kept
	if p.perValue() && kept == nil { // what other stands for must be known before
		if kept, err = e.rankFunnel(ctx, organization, p); err != nil {
			return nil, err
		}
	}
	ranking := p.late() && kept == nil
	ranks := newRanks()
	err = e.store.Sequences(ctx, organization, fold.Sequences(p.query), func(s insight.Sequence) error {
		switch {
		case b == nil:
			p.visitRuns(s.Actor, insight.Key{}, s.Rows, visit)
		case b.Scope == insight.CohortScope:
			p.visitCohorts(s, visit)
		case p.perValue():
			p.visitValues(s, kept, visit)
		default:
			r := p.result(s.Rows)
			key := p.attributed(s, r)
			if ranking {
				if err := ranks.found(p, s, key); err != nil {
					return err
				}
			}
			if r.Reached > 0 {
				visit(s.Actor, key, r)
			}
		}
		return nil
	})
	switch {
	case ranking:
		return rank(ranks.list(), b.Limit), err
	case b != nil && b.Scope == insight.CohortScope:
		return cohortKeys(b), err
	}
	return kept, err
}

// perValue tells whether an actor has a funnel for each value of its events.
func (p funnelPlan) perValue() bool {
	return p.Breakdown != nil && p.Breakdown.Scope == insight.EventScope && p.Attribution == insight.AllSteps
}

// late tells whether all actors must be walked before it is known which keys are kept.
func (p funnelPlan) late() bool {
	return p.Breakdown != nil && p.Breakdown.Scope != insight.CohortScope && !p.perValue()
}

// result sums up what the view shows of an actor's runs.
func (p funnelPlan) result(rows []insight.Row) fold.Result {
	return fold.Wanted{Buckets: p.buckets(), Medians: p.timed()}.Of(p.fold.Runs(rows))
}

func (p funnelPlan) visitRuns(actor string, key insight.Key, rows []insight.Row, visit visitor) {
	if r := p.result(rows); r.Reached > 0 {
		visit(actor, key, r)
	}
}

// visitCohorts visits an actor in each cohort that it is in.
func (p funnelPlan) visitCohorts(s insight.Sequence, visit visitor) {
	r := p.result(s.Rows)
	asked := 0
	for i, c := range p.Breakdown.Cohorts {
		in := c == nil
		if c != nil {
			in = s.InCohorts[asked]
			asked++
		}
		if in && r.Reached > 0 {
			visit(s.Actor, insight.Key{Kind: insight.CohortKey, Cohort: i}, r)
		}
	}
}

// visitValues gives an actor a funnel of its own for each value of its events.
func (p funnelPlan) visitValues(s insight.Sequence, kept []insight.Key, visit visitor) {
	seen := map[string]bool{}
	for _, row := range s.Rows {
		shown := rowKey(insight.NewKey(row.Values...), kept)
		if id := shown.Identity(); !seen[id] && p.fold.Opens(row) {
			seen[id] = true
			p.visitRuns(s.Actor, shown, p.fold.Only(s.Rows, func(k insight.Key) bool {
				return rowKey(k, kept).Compare(shown) == 0
			}), visit)
		}
	}
}

// attributed returns the key that an actor's events give it.
func (p funnelPlan) attributed(s insight.Sequence, r fold.Result) insight.Key {
	switch {
	case p.Breakdown.Scope == insight.DeveloperScope:
		return insight.NewKey(s.Developer...)
	case p.Attribution == insight.AtStep:
		if row := r.Best.Serving(p.AttributionStep); row >= 0 {
			return insight.NewKey(s.Rows[row].Values...)
		}
		return insight.NewKey()
	}
	return p.fold.Touch(s.Rows, p.Attribution)
}

// rankFunnel returns the keys of the events that may open a run, as many as are kept.
func (e *Engine) rankFunnel(ctx context.Context, organization uuid.UUID, p funnelPlan) ([]insight.Key, error) {
	q := fold.Sequences(p.query)
	q.All = false
	if p.Order != insight.Unordered {
		q.Matchers = q.Matchers[:1]
	}
	ranks := newRanks()
	err := e.store.Sequences(ctx, organization, q, func(s insight.Sequence) error { return ranks.count(p, s) })
	return rank(ranks.list(), p.Breakdown.Limit), err
}
