package observed

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var _ insight.Store = (*Store)(nil)

// SetDeveloperProperties measures the inner SetDeveloperProperties.
func (s *Store) SetDeveloperProperties(ctx context.Context, organization uuid.UUID, list []insight.DeveloperProperties) (err error) {
	defer s.measure("set_developer_properties")(&err)
	return s.inner.SetDeveloperProperties(ctx, organization, list)
}

// TrendTotals measures the inner TrendTotals.
func (s *Store) TrendTotals(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery, limit int) (totals [][]insight.KeyTotal, err error) {
	defer s.measure("trend_totals")(&err)
	return s.inner.TrendTotals(ctx, organization, q, limit)
}

// TrendRows measures the inner TrendRows.
func (s *Store) TrendRows(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery) (rows []insight.Trend, err error) {
	defer s.measure("trend_rows")(&err)
	return s.inner.TrendRows(ctx, organization, q)
}

// Retention measures the inner Retention.
func (s *Store) Retention(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery) (rows [][]int64, err error) {
	defer s.measure("retention")(&err)
	return s.inner.Retention(ctx, organization, q)
}

// Stickiness measures the inner Stickiness.
func (s *Store) Stickiness(ctx context.Context, organization uuid.UUID, q insight.StickinessQuery) (counts [][]int64, err error) {
	defer s.measure("stickiness")(&err)
	return s.inner.Stickiness(ctx, organization, q)
}

// Lifecycle measures the inner Lifecycle.
func (s *Store) Lifecycle(ctx context.Context, organization uuid.UUID, q insight.LifecycleQuery) (rows []insight.LifecycleRow, err error) {
	defer s.measure("lifecycle")(&err)
	return s.inner.Lifecycle(ctx, organization, q)
}

// Sequences measures the inner Sequences together with what is done with each sequence.
func (s *Store) Sequences(ctx context.Context, organization uuid.UUID, q insight.SequenceQuery, yield func(insight.Sequence) error) (err error) {
	defer s.measure("sequences")(&err)
	return s.inner.Sequences(ctx, organization, q, yield)
}

// FunnelCounts measures the inner FunnelCounts.
func (s *Store) FunnelCounts(ctx context.Context, organization uuid.UUID, q insight.FunnelQuery) (counts []int64, ok bool, err error) {
	defer s.measure("funnel_counts")(&err)
	return s.inner.FunnelCounts(ctx, organization, q)
}

// PathEdges measures the inner PathEdges.
func (s *Store) PathEdges(ctx context.Context, organization uuid.UUID, q insight.PathsQuery) (edges []insight.Edge, ok bool, err error) {
	defer s.measure("path_edges")(&err)
	return s.inner.PathEdges(ctx, organization, q)
}

// Earliest measures the inner Earliest.
func (s *Store) Earliest(ctx context.Context, organization uuid.UUID) (first events.Position, ok bool, err error) {
	defer s.measure("earliest")(&err)
	return s.inner.Earliest(ctx, organization)
}

// TrendActors measures the inner TrendActors.
func (s *Store) TrendActors(ctx context.Context, organization uuid.UUID, q insight.TrendsQuery, cell insight.TrendCell, page insight.ActorPage) (actors []string, err error) {
	defer s.measure("trend_actors")(&err)
	return s.inner.TrendActors(ctx, organization, q, cell, page)
}

// RetentionActors measures the inner RetentionActors.
func (s *Store) RetentionActors(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery, row int) (list []insight.Appearances, err error) {
	defer s.measure("retention_actors")(&err)
	return s.inner.RetentionActors(ctx, organization, q, row)
}

// StickinessActors measures the inner StickinessActors.
func (s *Store) StickinessActors(ctx context.Context, organization uuid.UUID, q insight.StickinessQuery, series, k int, page insight.ActorPage) (actors []string, err error) {
	defer s.measure("stickiness_actors")(&err)
	return s.inner.StickinessActors(ctx, organization, q, series, k, page)
}

// LifecycleActors measures the inner LifecycleActors.
func (s *Store) LifecycleActors(ctx context.Context, organization uuid.UUID, q insight.LifecycleQuery, bucket int, status insight.Status, page insight.ActorPage) (actors []string, err error) {
	defer s.measure("lifecycle_actors")(&err)
	return s.inner.LifecycleActors(ctx, organization, q, bucket, status, page)
}

// Events measures the inner Events.
func (s *Store) Events(ctx context.Context, organization uuid.UUID, q insight.EventsQuery) (list []events.Event, err error) {
	defer s.measure("events")(&err)
	return s.inner.Events(ctx, organization, q)
}
