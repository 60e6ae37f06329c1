package clickhouse

import (
	"context"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// pathShape is a question for paths.
type pathShape struct {
	Source               *source
	Items                []pathItem
	Exclude              string // empty for nothing
	Gap, Never           string // in microseconds
	StepLimit, EdgeLimit string
	MinWeight, MaxWeight string // empty for no greatest
}

// pathItem is what a source of items looks at.
type pathItem struct {
	Name     string    // empty for any name of a custom event
	Property *property // nil for the name
}

// Plain tells whether each event is a place by its name.
func (sh *pathShape) Plain() bool { return len(sh.Items) == 1 && sh.Items[0].Property == nil }

// Custom tells whether they are the custom events, of any name.
func (sh *pathShape) Custom() bool { return sh.Plain() && sh.Items[0].Name == "" }

// PathEdges has the server walk the ways. What becomes of a name by patterns is known to the fold alone.
func (s *Store) PathEdges(ctx context.Context, organization uuid.UUID, q insight.PathsQuery) (edges []insight.Edge, ok bool, err error) {
	if q.Start != "" || q.End != "" || len(q.Cleaning) > 0 || len(q.Groupings) > 0 {
		return nil, false, nil
	}
	edges, err = answer(ctx, s, organization, func(ctx context.Context, seen view) (edges []insight.Edge, err error) {
		st := newStatement(organization, seen)
		err = s.ask(ctx, "path_edges", st.paths(q), st, func(rows driver.Rows) error {
			var edge insight.Edge
			var step, micros int64
			if err := rows.Scan(&step, &edge.Source, &edge.Target, &edge.Weight, &micros); err != nil {
				return err
			}
			edge.Step = int(step)
			edge.Mean = insight.MeanOf(micros, edge.Weight)
			edges = append(edges, edge)
			return nil
		})
		return edges, err
	})
	return edges, err == nil, err
}

func (st *statement) paths(q insight.PathsQuery) *pathShape {
	sh := &pathShape{
		Source: st.source(q.Question, q.Range).acted(), Gap: st.integer(q.Gap.Microseconds()), Never: st.integer(1 << 62),
		StepLimit: st.integer(int64(q.StepLimit)), EdgeLimit: st.integer(int64(q.EdgeLimit)), MinWeight: st.integer(q.MinWeight),
	}
	if q.MaxWeight > 0 {
		sh.MaxWeight = st.integer(q.MaxWeight)
	}
	if len(q.Exclude) > 0 {
		sh.Exclude = st.texts(q.Exclude)
	}
	var sources insight.Matcher
	for _, s := range q.Sources {
		sources = append(sources, insight.Alternative{Name: s.Name})
		item := pathItem{}
		if s.Name != "" {
			item.Name = st.text(s.Name)
		}
		if s.Property != "" {
			item.Property = sh.Source.property(s.Property)
		}
		sh.Items = append(sh.Items, item)
	}
	st.keyed = true // as good as: the condition on names is as costly for marks
	sh.Source.only(sources)
	return sh
}
