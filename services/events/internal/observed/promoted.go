package observed

import (
	"context"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
)

// Promoting measures the inner Promoting.
func (s *Store) Promoting(ctx context.Context) (list []uuid.UUID, err error) {
	defer s.measure("promoting")(&err)
	return s.inner.Promoting(ctx)
}

// FillPromoted measures the inner FillPromoted.
func (s *Store) FillPromoted(ctx context.Context, organization uuid.UUID, p catalog.Promoted) (err error) {
	defer s.measure("fill_promoted")(&err)
	return s.inner.FillPromoted(ctx, organization, p)
}

// ClearPromoted measures the inner ClearPromoted.
func (s *Store) ClearPromoted(ctx context.Context, organization uuid.UUID, slot int) (err error) {
	defer s.measure("clear_promoted")(&err)
	return s.inner.ClearPromoted(ctx, organization, slot)
}

// PromotedRows measures the inner PromotedRows.
func (s *Store) PromotedRows(ctx context.Context, organization uuid.UUID, p catalog.Promoted) (filled, total int64, err error) {
	defer s.measure("promoted_rows")(&err)
	return s.inner.PromotedRows(ctx, organization, p)
}

// PropertyUsage measures the inner PropertyUsage.
func (s *Store) PropertyUsage(ctx context.Context, organization uuid.UUID, since time.Time, limit int) (list []catalog.PropertyUsage, err error) {
	defer s.measure("property_usage")(&err)
	return s.inner.PropertyUsage(ctx, organization, since, limit)
}
