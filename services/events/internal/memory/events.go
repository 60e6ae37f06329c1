package memory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Events lists what the question sees.
func (s *Store) Events(ctx context.Context, id uuid.UUID, q insight.EventsQuery) ([]events.Event, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	list := v.asked(q.Question, q.Range)
	slices.Reverse(list) // newest first
	var page []events.Event
	for _, e := range list {
		if q.After != nil && e.Compare(events.Event{ID: q.After.ID, OccurredAt: q.After.OccurredAt}) >= 0 {
			continue
		}
		if len(page) == q.Limit {
			break
		}
		page = append(page, e.Event)
	}
	return page, nil
}
