package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/querytag"
)

// Sequences hands out the events of each actor, actors in the order of their text.
func (s *Store) Sequences(ctx context.Context, id uuid.UUID, q insight.SequenceQuery, yield func(insight.Sequence) error) error {
	ctx, end := s.note(querytag.WithProperties(ctx, q.Keys), id, "sequences")
	return end(s.sequences(ctx, id, q, yield))
}

func (s *Store) sequences(ctx context.Context, id uuid.UUID, q insight.SequenceQuery, yield func(insight.Sequence) error) error {
	v, err := s.look(ctx, id)
	if err != nil {
		return err
	}
	all := byActor(v.asked(q.Question, q.Range), q.By)
	for _, actor := range slices.Sorted(maps.Keys(all)) {
		sequence := insight.Sequence{Actor: actor, Rows: v.rows(q, all[actor])}
		if len(sequence.Rows) == 0 {
			continue
		}
		developer := all[actor][0] // where actors are developers, which is where questions ask for their properties and cohorts
		sequence.Developer = parts(developer.developer, q.DeveloperKeys)
		for _, c := range q.Cohorts {
			sequence.InCohorts = append(sequence.InCohorts, v.member(developer.DeveloperID, c))
		}
		if err := yield(sequence); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// rows reduces events to what is asked of them.
func (v *view) rows(q insight.SequenceQuery, list []seen) []insight.Row {
	var rows []insight.Row
	for _, e := range list {
		row := insight.Row{At: e.OccurredAt, ID: e.ID, Values: parts(e.own, q.Keys)}
		if q.Names {
			row.Name = e.Name
		}
		for i, m := range q.Matchers {
			if v.meant(e, m) {
				row.Matches |= 1 << i
			}
		}
		if q.All || row.Matches != 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

// FunnelCounts knows nothing faster than the sequences.
func (s *Store) FunnelCounts(context.Context, uuid.UUID, insight.FunnelQuery) (counts []int64, ok bool, err error) {
	return nil, false, nil
}

// PathEdges knows nothing faster than the sequences.
func (s *Store) PathEdges(context.Context, uuid.UUID, insight.PathsQuery) (edges []insight.Edge, ok bool, err error) {
	return nil, false, nil
}
