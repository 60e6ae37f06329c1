package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
)

// gains are the identities that pending overrides give to some developers, where it is not known whom their events may be stamped with. Their events and those
// stamped with the developers are all that can be the developers': two indexes find them, where none finds the developer that an override names. Kinds and
// values are two lists, whose pairs are more than the identities; which events of those are the developers' is decided by the overrides.
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

// owned is the shape of a statement with a filter. Of the overrides it looks up those that matter to the developers of the filter, and their events are found
// by whom they may be stamped with, or by the gains where that is not known. Stamped tells that overrides are looked up and gains are not needed.
func (s *session) owned(ctx context.Context, f events.Filter, args pgx.NamedArgs) (sh shape, stamped bool, err error) {
	own, stamps := s.pending, []uuid.UUID(nil)
	if len(f.DeveloperIDs) > 0 {
		own, stamps = overrides.About(f.DeveloperIDs, s.pending)
	}
	sh = s.overriding(own, args)
	sh.Filter, sh.One, stamped = f, len(f.DeveloperIDs) == 1, len(stamps) > 0
	g := &gains{kinds: []int16{}, values: []string{}}
	if sh.Overrides && len(f.DeveloperIDs) > 0 && !stamped {
		stamps = overrides.Each(f.DeveloperIDs)
		if g, err = s.gains(ctx, f.DeveloperIDs); err != nil {
			return sh, false, err
		}
		stamped = len(g.values) == 0
	}
	args["stamps"], args["gained_kinds"], args["gained_values"] = stamps, g.kinds, g.values
	return sh, stamped, nil
}

// own does the same to a relation of the events of some developers.
func (q *query) own(ctx context.Context, r *relation, developers []uuid.UUID) error {
	own, stamps := overrides.About(developers, q.pending)
	q.look(r, own)
	switch {
	case !r.overridden:
		return nil
	case len(stamps) > 0:
		r.Where = append(r.Where, condition{Kind: "stamped", Value: q.param(stamps)})
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
