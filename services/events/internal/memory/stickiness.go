package memory

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events/insight"
)

// Stickiness counts actors by the number of their buckets.
func (s *Store) Stickiness(ctx context.Context, id uuid.UUID, q insight.StickinessQuery) ([][]int64, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	counts := make([][]int64, len(q.Series))
	for i := range q.Series {
		counts[i] = make([]int64, len(q.Buckets))
		for _, k := range v.sticky(q, i) {
			counts[i][k-1]++
		}
	}
	return counts, nil
}

// StickinessActors lists those of one number of buckets.
func (s *Store) StickinessActors(ctx context.Context, id uuid.UUID, q insight.StickinessQuery, series, k int, p insight.ActorPage) ([]string, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	all := make(map[string]bool)
	for actor, n := range v.sticky(q, series) {
		all[actor] = n == k
	}
	return page(all, p), nil
}

// sticky returns in how many buckets each actor was active.
func (v *view) sticky(q insight.StickinessQuery, series int) map[string]int {
	active := make(map[string]int)
	for actor, did := range byActor(v.matching(v.asked(q.Question, q.Range), q.Series[series]), q.By) {
		for _, span := range spans(q.Buckets, q.Range) {
			if len(during(did, span)) > 0 {
				active[actor]++
			}
		}
	}
	return active
}
