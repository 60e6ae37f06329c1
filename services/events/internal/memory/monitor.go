package memory

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/querytag"
)

// Status counts what is kept.
func (s *Store) Status(ctx context.Context) (events.StoreStatus, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return events.StoreStatus{}, err
	}
	defer unlock()
	table := events.TableStatus{Name: "events"}
	for _, org := range s.organizations {
		table.Rows += int64(len(org.events))
	}
	return events.StoreStatus{Engine: "memory", StartedAt: s.started, Tables: []events.TableStatus{table}}, nil
}

// RunningQueries tells of those that are noted: the ones that hand out what they find while they run.
func (s *Store) RunningQueries(ctx context.Context, organization uuid.UUID) ([]events.Query, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return s.log.Running(organization), nil
}

// CancelQuery ends the query's context.
func (s *Store) CancelQuery(ctx context.Context, organization uuid.UUID, id string) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.log.Cancel(organization, id)
}

// SlowQueries tells of those that were noted.
func (s *Store) SlowQueries(ctx context.Context, organization uuid.UUID, f events.SlowQueryFilter) (events.SlowQueries, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return events.SlowQueries{}, err
	}
	defer unlock()
	return events.SlowQueries{Queries: s.log.Slow(organization, f), Instance: true}, nil
}

// DeadLetterCount counts the letters.
func (s *Store) DeadLetterCount(ctx context.Context, organization uuid.UUID) (int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return int64(len(s.organization(organization).letters)), nil
}

// note has a query be listed while it runs, and canceled.
func (s *Store) note(ctx context.Context, organization uuid.UUID, kind string) (context.Context, func(error) error) {
	return s.log.Begin(ctx, querytag.Of(ctx, organization, kind))
}
