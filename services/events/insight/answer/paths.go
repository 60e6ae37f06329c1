package answer

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

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
	type total struct {
		weight int64
		took   time.Duration
	}
	totals := map[insight.Edge]total{}
	paths := fold.NewPaths(q)
	err = e.store.Sequences(ctx, organization, paths.Sequences(), func(s insight.Sequence) error {
		for _, step := range paths.Steps(s.Rows) {
			key := insight.Edge{Step: step.Step, Source: step.Source, Target: step.Target}
			totals[key] = total{weight: totals[key].weight + 1, took: totals[key].took + step.Took}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var edges []insight.Edge
	for edge, t := range totals {
		if t.weight >= q.MinWeight && (q.MaxWeight == 0 || t.weight <= q.MaxWeight) {
			edge.Weight, edge.Mean = t.weight, t.took/time.Duration(t.weight)
			edges = append(edges, edge)
		}
	}
	slices.SortFunc(edges, func(a, b insight.Edge) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Step, b.Step), strings.Compare(a.Source, b.Source), strings.Compare(a.Target, b.Target))
	})
	return edges[:min(q.EdgeLimit, len(edges))], nil
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
