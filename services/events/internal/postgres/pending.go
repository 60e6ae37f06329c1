package postgres

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
)

// mostPending is how many pending overrides a question knows and brings along in its statements, as those of a merge. More are read by the statements themselves.
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

// lists are overrides as columns, which a statement joins.
type lists struct {
	kinds      []int16
	values     []string
	developers []uuid.UUID
}

func listsOf(pending []overrides.Override) lists {
	var l lists
	for _, o := range pending {
		l.kinds, l.values, l.developers = append(l.kinds, int16(o.Identity.Kind)), append(l.values, o.Identity.Value), append(l.developers, o.DeveloperID)
	}
	return l
}

// overriding is the shape of a statement that looks up overrides of the organization, with what they need among the arguments.
func (s *session) overriding(pending []overrides.Override, args pgx.NamedArgs) shape {
	l := listsOf(pending)
	args["override_kinds"], args["override_values"], args["override_developers"] = l.kinds, l.values, l.developers
	return shape{Overrides: s.many || len(pending) > 0, Many: s.many}
}
