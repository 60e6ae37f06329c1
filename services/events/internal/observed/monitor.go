package observed

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Status measures the inner Status.
func (s *Store) Status(ctx context.Context) (status events.StoreStatus, err error) {
	defer s.measure("status")(&err)
	return s.inner.Status(ctx)
}

// RunningQueries measures the inner RunningQueries.
func (s *Store) RunningQueries(ctx context.Context, organization uuid.UUID) (list []events.Query, err error) {
	defer s.measure("running_queries")(&err)
	return s.inner.RunningQueries(ctx, organization)
}

// CancelQuery measures the inner CancelQuery.
func (s *Store) CancelQuery(ctx context.Context, organization uuid.UUID, id string) (err error) {
	defer s.measure("cancel_query")(&err)
	return s.inner.CancelQuery(ctx, organization, id)
}

// SlowQueries measures the inner SlowQueries.
func (s *Store) SlowQueries(ctx context.Context, organization uuid.UUID, f events.SlowQueryFilter) (slow events.SlowQueries, err error) {
	defer s.measure("slow_queries")(&err)
	return s.inner.SlowQueries(ctx, organization, f)
}

// DeadLetterCount measures the inner DeadLetterCount.
func (s *Store) DeadLetterCount(ctx context.Context, organization uuid.UUID) (n int64, err error) {
	defer s.measure("dead_letter_count")(&err)
	return s.inner.DeadLetterCount(ctx, organization)
}
