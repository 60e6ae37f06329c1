package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// gains are the identities that pending overrides give to some developers. Their events and those stamped with the developers are all that can be the
// developers': two indexes find them, where none finds the developer that an override names. Kinds and values are two lists, whose pairs are more than the
// identities; which events of those are the developers' is decided by the overrides.
type gains struct {
	of     []uuid.UUID
	kinds  []int16
	values []string
}

// gains looks them up, once for all statements of a question.
func (s *session) gains(ctx context.Context, developers []uuid.UUID) (*gains, error) {
	if s.gained != nil && slices.Equal(s.gained.of, developers) {
		return s.gained, nil
	}
	g := &gains{of: developers}
	args := pgx.NamedArgs{"organization": s.organization, "developers": developers}
	err := s.answer(ctx, "gains", shape{}, args, func(rows pgx.Rows) error { return rows.Scan(&g.kinds, &g.values) })
	if err != nil {
		return nil, err
	}
	s.gained = g
	return g, nil
}

// shape is that of a statement with a filter, for which it adds the gains of its developers to the arguments.
func (s *session) shape(ctx context.Context, f events.Filter, args pgx.NamedArgs) (shape, error) {
	sh := shape{Overrides: s.overridden, Filter: f, One: len(f.DeveloperIDs) == 1}
	if !s.overridden || len(f.DeveloperIDs) == 0 {
		return sh, nil
	}
	g, err := s.gains(ctx, f.DeveloperIDs)
	if err != nil {
		return sh, err
	}
	sh.Gains = len(g.values) > 0
	args["gained_kinds"], args["gained_values"] = g.kinds, g.values
	return sh, nil
}

// stamped adds the condition of the indexes to a relation of the events of some developers, when overrides are pending.
func (q *query) stamped(ctx context.Context, r *relation, developers []uuid.UUID) error {
	if !q.overridden || len(developers) == 0 {
		return nil
	}
	g, err := q.gains(ctx, developers)
	if err != nil {
		return err
	}
	c := condition{Kind: "stamped", Value: q.param(developers)}
	if len(g.values) > 0 {
		c.Low, c.High = q.param(g.kinds), q.param(g.values)
	}
	r.Where = append(r.Where, c)
	return nil
}
