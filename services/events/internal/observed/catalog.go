package observed

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

var _ catalog.Store = (*Store)(nil)

// Item measures the inner Item.
func (s *Store) Item(ctx context.Context, organization uuid.UUID, kind catalog.Kind, id uuid.UUID) (item catalog.Item, err error) {
	defer s.measure("item")(&err)
	return s.inner.Item(ctx, organization, kind, id)
}

// Items measures the inner Items.
func (s *Store) Items(ctx context.Context, organization uuid.UUID, kind catalog.Kind, after catalog.Place, limit int) (list []catalog.Item, err error) {
	defer s.measure("items")(&err)
	return s.inner.Items(ctx, organization, kind, after, limit)
}

// Heads measures the inner Heads.
func (s *Store) Heads(ctx context.Context, organization uuid.UUID, kinds ...catalog.Kind) (list []catalog.Item, err error) {
	defer s.measure("heads")(&err)
	return s.inner.Heads(ctx, organization, kinds...)
}

// PutItem measures the inner PutItem.
func (s *Store) PutItem(ctx context.Context, organization uuid.UUID, item catalog.Item) (err error) {
	defer s.measure("put_item")(&err)
	return s.inner.PutItem(ctx, organization, item)
}

// Organizations measures the inner Organizations.
func (s *Store) Organizations(ctx context.Context) (list []uuid.UUID, err error) {
	defer s.measure("organizations")(&err)
	return s.inner.Organizations(ctx)
}

// EventDays measures the inner EventDays.
func (s *Store) EventDays(ctx context.Context, organization uuid.UUID) (days []catalog.DayCount, err error) {
	defer s.measure("event_days")(&err)
	return s.inner.EventDays(ctx, organization)
}

// Occurrences measures the inner Occurrences together with what is done with each of them.
func (s *Store) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) (err error) {
	defer s.measure("occurrences")(&err)
	return s.inner.Occurrences(ctx, organization, r, yield)
}

// LearnedDays measures the inner LearnedDays.
func (s *Store) LearnedDays(ctx context.Context, organization uuid.UUID) (days []catalog.DayCount, err error) {
	defer s.measure("learned_days")(&err)
	return s.inner.LearnedDays(ctx, organization)
}

// Learn measures the inner Learn.
func (s *Store) Learn(ctx context.Context, organization uuid.UUID, days []catalog.LearnedDay) (err error) {
	defer s.measure("learn")(&err)
	return s.inner.Learn(ctx, organization, days)
}

// Learned measures the inner Learned.
func (s *Store) Learned(ctx context.Context, organization uuid.UUID) (list []catalog.Learned, err error) {
	defer s.measure("learned")(&err)
	return s.inner.Learned(ctx, organization)
}

// CohortMembers measures the inner CohortMembers.
func (s *Store) CohortMembers(ctx context.Context, organization uuid.UUID, c *insight.Cohort, page insight.ActorPage) (list []string, err error) {
	defer s.measure("cohort_members")(&err)
	return s.inner.CohortMembers(ctx, organization, c, page)
}
