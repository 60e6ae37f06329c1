package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Where few overrides are pending, as after a merge, and few events are theirs, a question looks overrides up for the events of the developers alone whom
// those are stamped with, the moved ones; all other events are read as if nothing was pending, from indexes alone where they have what is wanted.
// These say what few is.
const (
	movedIdentities = 20
	movedEvents     = 2000
)

// moved returns the developers whom the events of overridden identities are stamped with, and false when they are not known: then overrides are joined to all
// events. It asks once for all statements of a question.
func (s *session) moved(ctx context.Context) ([]uuid.UUID, bool, error) {
	if s.movedFrom == nil {
		var identities, stamped int64
		list := []uuid.UUID{}
		args := pgx.NamedArgs{"organization": s.organization, "identities": movedIdentities, "events": movedEvents}
		err := s.answer(ctx, "moved", shape{}, args, func(rows pgx.Rows) error { return rows.Scan(&identities, &stamped, &list) })
		if err != nil {
			return nil, false, err
		}
		s.movedFrom = list
		s.movedKnown = identities <= movedIdentities && stamped <= movedEvents && !slices.Contains(list, uuid.Nil) // many events are nobody's
	}
	return s.movedFrom, s.movedKnown, nil
}
