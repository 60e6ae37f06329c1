package postgres

import (
	"strconv"

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
