package answer

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// visitor is told the clean runs, at least one, of an actor in a bucket of the breakdown; without a breakdown the key is the zero value.
type visitor func(actor string, key insight.Key, runs []fold.Run)

// walk goes through the actors of a funnel and returns the keys that are kept, in rank order. An actor is visited once with the key that its events
// give it, kept or not; with an attribution to all steps it is visited once for each key that is kept and once for the others together.
func (e *Engine) walk(ctx context.Context, organization uuid.UUID, p funnelPlan, visit visitor) (kept []insight.Key, err error) {
	b := p.Breakdown
	perValue := b != nil && b.Scope == insight.EventScope && p.Attribution == insight.AllSteps
	ranks := ranks{}
	if perValue { // what other stands for must be known before
		if kept, err = e.rankFunnel(ctx, organization, p); err != nil {
			return nil, err
		}
	}
	err = e.store.Sequences(ctx, organization, fold.Sequences(p.query), func(s insight.Sequence) error {
		switch {
		case b == nil:
			visitRuns(s.Actor, insight.Key{}, p.fold.Runs(s.Rows), visit)
		case b.Scope == insight.CohortScope:
			p.visitCohorts(s, visit)
		case perValue:
			p.visitValues(s, kept, visit)
		default:
			ranks.count(p, s)
			runs := p.fold.Runs(s.Rows)
			key := p.attributed(s, runs)
			ranks.add(key, 0) // a value that only later steps have is ranked, too
			visitRuns(s.Actor, key, runs, visit)
		}
		return nil
	})
	switch {
	case b == nil || perValue:
		return kept, err
	case b.Scope == insight.CohortScope:
		return cohortKeys(b), err
	}
	return rank(ranks.list(), b.Limit), err
}

func visitRuns(actor string, key insight.Key, runs []fold.Run, visit visitor) {
	if len(runs) > 0 {
		visit(actor, key, runs)
	}
}

// visitCohorts visits an actor in each cohort that it is in.
func (p funnelPlan) visitCohorts(s insight.Sequence, visit visitor) {
	runs := p.fold.Runs(s.Rows)
	asked := 0
	for i, c := range p.Breakdown.Cohorts {
		in := c == nil
		if c != nil {
			in = s.InCohorts[asked]
			asked++
		}
		if in {
			visitRuns(s.Actor, insight.Key{Kind: insight.CohortKey, Cohort: i}, runs, visit)
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
			visitRuns(s.Actor, shown, p.fold.Runs(p.fold.Only(s.Rows, func(k insight.Key) bool {
				return rowKey(k, kept).Compare(shown) == 0
			})), visit)
		}
	}
}

// attributed returns the key that an actor's events give it.
func (p funnelPlan) attributed(s insight.Sequence, runs []fold.Run) insight.Key {
	switch {
	case p.Breakdown.Scope == insight.DeveloperScope:
		return insight.NewKey(s.Developer...)
	case p.Attribution == insight.AtStep:
		if row := fold.ResultOf(runs).Best.Serving(p.AttributionStep); row >= 0 {
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
	ranks := ranks{}
	err := e.store.Sequences(ctx, organization, q, func(s insight.Sequence) error {
		ranks.count(p, s)
		return nil
	})
	return rank(ranks.list(), p.Breakdown.Limit), err
}

// rowKey returns the key under which a key is shown: itself when it is kept, else other.
func rowKey(key insight.Key, kept []insight.Key) insight.Key {
	for _, k := range kept {
		if k.Compare(key) == 0 {
			return key
		}
	}
	if key.Kind == 0 {
		return key
	}
	return insight.Other
}

// ranks counts the events that may open a run by their keys.
type ranks map[string]*insight.KeyTotal

func (r ranks) add(key insight.Key, n float64) {
	id := key.Identity()
	if r[id] == nil {
		r[id] = &insight.KeyTotal{Key: key}
	}
	r[id].Total += n
}

func (r ranks) count(p funnelPlan, s insight.Sequence) {
	for _, row := range s.Rows {
		if !p.fold.Opens(row) {
			continue
		}
		if p.Breakdown.Scope == insight.DeveloperScope {
			r.add(insight.NewKey(s.Developer...), 1)
			continue
		}
		r.add(insight.NewKey(row.Values...), 1)
	}
}

func (r ranks) list() []insight.KeyTotal {
	var list []insight.KeyTotal
	for _, t := range r {
		list = append(list, *t)
	}
	return list
}
