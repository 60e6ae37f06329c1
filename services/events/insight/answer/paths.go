package answer

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// Paths answers which ways actors take, the most frequent first. The error is a fault of kind Invalid that names the field, or the store's.
func (e *Engine) Paths(ctx context.Context, organization uuid.UUID, r insight.PathsRequest) ([]insight.Edge, error) {
	q, err := e.planPaths(ctx, organization, r)
	if err != nil {
		return nil, err
	}
	if edges, ok, err := e.store.PathEdges(ctx, organization, q); ok || err != nil {
		return edges, err
	}
	all := fold.NewEdges(q)
	if err := e.store.Sequences(ctx, organization, all.Sequences(), all.Add); err != nil {
		return nil, err
	}
	return all.List(), nil
}

// PathActors lists the actors that took a way, in the order of their text. Of the edge its step, source and target count.
func (e *Engine) PathActors(ctx context.Context, organization uuid.UUID, r insight.PathsRequest, edge insight.Edge, page insight.ActorPage) ([]string, error) {
	q, err := e.planPaths(ctx, organization, r)
	if err != nil {
		return nil, err
	}
	paths := fold.NewPaths(q)
	var list actors
	err = e.store.Sequences(ctx, organization, paths.Sequences(), func(s insight.Sequence) error {
		list.add(s.Actor, slices.ContainsFunc(paths.Steps(s.Rows), func(step fold.Step) bool {
			return step.Step == edge.Step && step.Source == edge.Source && step.Target == edge.Target
		}))
		return nil
	})
	return list.page(page), err
}

func (e *Engine) planPaths(ctx context.Context, organization uuid.UUID, r insight.PathsRequest) (insight.PathsQuery, error) {
	r, err := r.Checked()
	if err != nil {
		return insight.PathsQuery{}, err
	}
	span, err := e.span(ctx, organization, unbucketed(r.Period), true)
	q := r.Ways
	q.Question = r.Question(span.Range)
	return q, err
}

// actors is those found so far.
type actors []string

func (a *actors) add(actor string, in bool) {
	if in {
		*a = append(*a, actor)
	}
}

// page orders them and cuts a page out.
func (a *actors) page(p insight.ActorPage) []string {
	slices.Sort(*a)
	at, found := slices.BinarySearch(*a, p.After)
	if found {
		at++
	}
	list := (*a)[at:]
	return list[:min(p.Limit, len(list))]
}
