package memory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Lifecycle counts the actors of each bucket by their status.
func (s *Store) Lifecycle(ctx context.Context, id uuid.UUID, q insight.LifecycleQuery) ([]insight.LifecycleRow, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	rows := make([]insight.LifecycleRow, len(q.Buckets))
	for _, statuses := range v.statuses(q) {
		for b, status := range statuses {
			switch status {
			case insight.New:
				rows[b].New++
			case insight.Returning:
				rows[b].Returning++
			case insight.Resurrecting:
				rows[b].Resurrecting++
			case insight.Dormant:
				rows[b].Dormant++
			}
		}
	}
	return rows, nil
}

// LifecycleActors lists those of a bucket with a status.
func (s *Store) LifecycleActors(ctx context.Context, id uuid.UUID, q insight.LifecycleQuery, bucket int, status insight.Status, p insight.ActorPage) ([]string, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool)
	for actor, statuses := range v.statuses(q) {
		all[actor] = statuses[bucket] == status
	}
	return page(all, p), nil
}

// statuses returns what each actor is in each bucket; 0 is nothing.
func (v *view) statuses(q insight.LifecycleQuery) map[string][]insight.Status {
	statuses := make(map[string][]insight.Status)
	starts := slices.Concat([]time.Time{q.Before}, q.Buckets)
	for actor, did := range byActor(v.matching(v.asked(q.Question, events.AllTime), q.Matcher), q.By) {
		var active []bool
		for _, span := range spans(starts, events.Range{Start: q.Before, End: q.Range.End}) {
			active = append(active, len(during(did, span)) > 0)
		}
		first := did[0].OccurredAt
		for b := range q.Buckets {
			var status insight.Status
			switch before, now := active[b], active[b+1]; {
			case now && !first.Before(q.Buckets[b]):
				status = insight.New
			case now && before:
				status = insight.Returning
			case now:
				status = insight.Resurrecting
			case before:
				status = insight.Dormant
			}
			statuses[actor] = append(statuses[actor], status)
		}
	}
	return statuses
}
