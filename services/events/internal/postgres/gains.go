package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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
