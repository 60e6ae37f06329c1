package postgres

import (
	"context"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
)

// mostPending is how many pending overrides a question knows, as those of a merge: they are compared with the actors of events one after the other. More are
// joined.
const mostPending = 20

// readPending reads the rows of overrides.sql.
func (s *session) readPending(rows pgx.Rows) error {
	var o overrides.Override
	var kind int16
	_, err := pgx.ForEachRow(rows, []any{&kind, &o.Identity.Value, &o.DeveloperID, &o.Previous}, func() error {
		o.Identity.Kind = events.IdentityKind(kind)
		s.pending = append(s.pending, o)
		o.Previous = nil
		return nil
	})
	if s.many = len(s.pending) > mostPending; s.many {
		s.pending = nil
	}
	return err
}

// overriding is the shape of a statement that looks up overrides, with what they need among the arguments.
func (s *session) overriding(pending []overrides.Override, args pgx.NamedArgs) shape {
	for i, o := range pending {
		n := strconv.Itoa(i)
		args["override_kind_"+n], args["override_value_"+n], args["override_developer_"+n] = int16(o.Identity.Kind), o.Identity.Value, o.DeveloperID
	}
	return shape{Overrides: s.many || len(pending) > 0, Compared: pending}
}

// comparison is an override that a relation's events are compared with, by its parameters.
type comparison struct{ Kind, Value, Developer string }

// look has a relation look up overrides: those, or all when they are many.
func (q *query) look(r *relation, pending []overrides.Override) {
	r.overridden = q.many || len(pending) > 0
	r.Compared = make([]comparison, len(pending))
	for i, o := range pending {
		r.Compared[i] = comparison{Kind: q.param(int16(o.Identity.Kind)), Value: q.param(o.Identity.Value), Developer: q.param(o.DeveloperID)}
	}
}

// owned is the shape of a statement with a filter. Of the overrides it looks up those that matter to the developers of the filter, and their events are found
// by whom they may be stamped with, or by the gains where that is not known. Stamped tells that overrides are looked up and gains are not needed.
func (s *session) owned(ctx context.Context, f events.Filter, args pgx.NamedArgs) (sh shape, stamped bool, err error) {
	own, stamps := s.pending, []uuid.UUID(nil)
	if len(f.DeveloperIDs) > 0 {
		own, stamps = overrides.About(f.DeveloperIDs, s.pending)
	}
	sh = s.overriding(own, args)
	if sh.Filter, sh.One = f, len(f.DeveloperIDs) == 1; sh.One {
		args["developer"] = f.DeveloperIDs[0]
	}
	stamped = len(stamps) > 0
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
