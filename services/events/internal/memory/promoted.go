package memory

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
)

// Promoting looks through the items.
func (s *Store) Promoting(ctx context.Context) ([]uuid.UUID, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var list []uuid.UUID
	for id, org := range s.organizations {
		for key := range org.items {
			if key.kind == catalog.Promotion {
				list = append(list, id)
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return list, nil
}

// FillPromoted has nothing to do: every property is looked up where it stands.
func (s *Store) FillPromoted(ctx context.Context, _ uuid.UUID, _ catalog.Promoted) error {
	return s.nothing(ctx)
}

// ClearPromoted has nothing to do.
func (s *Store) ClearPromoted(ctx context.Context, _ uuid.UUID, _ int) error { return s.nothing(ctx) }

// nothing is a call that changes nothing.
func (s *Store) nothing(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err == nil {
		unlock()
	}
	return err
}

// PromotedRows counts the events: all have what a slot would hold.
func (s *Store) PromotedRows(ctx context.Context, organization uuid.UUID, _ catalog.Promoted) (filled, total int64, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer unlock()
	total = int64(len(s.organization(organization).events))
	return total, total, nil
}

// PropertyUsage tells of the questions that were noted.
func (s *Store) PropertyUsage(ctx context.Context, organization uuid.UUID, since time.Time, limit int) ([]catalog.PropertyUsage, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return s.log.Usage(organization, since, limit), nil
}
