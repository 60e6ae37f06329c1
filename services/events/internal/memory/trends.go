package memory

import (
	"context"
	"sort"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Trends puts each event into its bucket, for each series.
func (s *Store) Trends(ctx context.Context, id uuid.UUID, q events.TrendsQuery) ([]events.Trend, error) {
	matching, err := s.matching(ctx, id, q.Range, q.Filter)
	if err != nil {
		return nil, err
	}
	trends := make([]events.Trend, len(q.Series))
	for i, series := range q.Series {
		trends[i] = trend(q.Buckets, series, matching)
	}
	return trends, nil
}

func trend(buckets []time.Time, series events.Series, matching []events.Event) events.Trend {
	type seen struct {
		bucket    int // -1 stands for the whole range
		developer uuid.UUID
	}
	t := events.Trend{Values: make([]int64, len(buckets))}
	already := map[seen]bool{}
	for _, e := range matching {
		if series.Name != "" && series.Name != e.Name {
			continue
		}
		bucket := sort.Search(len(buckets), func(i int) bool { return buckets[i].After(e.OccurredAt) }) - 1
		if series.Math == events.MathTotal {
			t.Values[bucket]++
			t.Total++
			continue
		}
		if e.DeveloperID == uuid.Nil {
			continue
		}
		if key := (seen{bucket, e.DeveloperID}); !already[key] {
			already[key] = true
			t.Values[bucket]++
		}
		if key := (seen{-1, e.DeveloperID}); !already[key] {
			already[key] = true
			t.Total++
		}
	}
	return t
}
