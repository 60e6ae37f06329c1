package memory

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Retention counts, for each interval, its actors that appear in each interval from it on.
func (s *Store) Retention(ctx context.Context, id uuid.UUID, q insight.RetentionQuery) ([][]int64, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	rows := make([][]int64, len(q.Intervals))
	for i := range rows {
		rows[i] = make([]int64, len(q.Intervals)-i)
		for _, a := range v.appearances(q, i) {
			for j, in := range a.Seen {
				if in {
					rows[i][j]++
				}
			}
		}
	}
	return rows, nil
}

// RetentionActors returns the appearances of a row's actors.
func (s *Store) RetentionActors(ctx context.Context, id uuid.UUID, q insight.RetentionQuery, row int) ([]insight.Appearances, error) {
	v, err := s.look(ctx, id)
	if err != nil {
		return nil, err
	}
	list := v.appearances(q, row)
	insight.SortAppearances(list)
	return list, nil
}

// appearances returns the actors that belong to an interval with the intervals in which they appear.
func (v *view) appearances(q insight.RetentionQuery, row int) []insight.Appearances {
	targets := byActor(v.matching(v.asked(q.Question, q.Range), q.Target), q.By)
	if q.FirstTime {
		targets = byActor(v.matching(v.asked(q.Question, events.AllTime), q.Target), q.By)
	}
	returning := byActor(v.matching(v.asked(q.Question, q.Range), q.Returning), q.By)
	var list []insight.Appearances
	for actor, did := range targets {
		if q.FirstTime {
			did = did[:1]
		}
		if len(during(did, q.Intervals[row])) == 0 {
			continue
		}
		a := insight.Appearances{Actor: actor, Seen: []bool{true}}
		for _, interval := range q.Intervals[row+1:] {
			a.Seen = append(a.Seen, len(during(returning[actor], interval)) > 0)
		}
		list = append(list, a)
	}
	return list
}
