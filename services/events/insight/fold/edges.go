package fold

import (
	"cmp"
	"slices"
	"strings"

	"devtrail.dev/services/events/insight"
)

// Edges counts the ways of many actors.
type Edges struct {
	paths  Paths
	totals map[insight.Edge]total
}

// total is how often a way was taken, and how long that took together.
type total struct {
	weight       int64
	microseconds int64
}

// NewEdges returns the count of a question for paths, of nobody yet.
func NewEdges(q insight.PathsQuery) Edges {
	return Edges{paths: NewPaths(q), totals: map[insight.Edge]total{}}
}

// Sequences returns the question whose sequences are to be added.
func (e Edges) Sequences() insight.SequenceQuery { return e.paths.Sequences() }

// Add counts the ways of one actor. It never fails.
func (e Edges) Add(s insight.Sequence) error {
	for _, step := range e.paths.Steps(s.Rows) {
		key := insight.Edge{Step: step.Step, Source: step.Source, Target: step.Target}
		e.totals[key] = total{weight: e.totals[key].weight + 1, microseconds: e.totals[key].microseconds + step.Took.Microseconds()}
	}
	return nil
}

// List returns the edges that are asked for, the most frequent first, then by step, source and target.
func (e Edges) List() []insight.Edge {
	q := e.paths.q
	var edges []insight.Edge
	for edge, t := range e.totals {
		if t.weight >= q.MinWeight && (q.MaxWeight == 0 || t.weight <= q.MaxWeight) {
			edge.Weight, edge.Mean = t.weight, insight.MeanOf(t.microseconds, t.weight)
			edges = append(edges, edge)
		}
	}
	slices.SortFunc(edges, func(a, b insight.Edge) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Step, b.Step), strings.Compare(a.Source, b.Source), strings.Compare(a.Target, b.Target))
	})
	return edges[:min(q.EdgeLimit, len(edges))]
}
