package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// Trends asks once a series.
func (s *Store) Trends(ctx context.Context, organization uuid.UUID, q events.TrendsQuery) ([]events.Trend, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	overridden, err := s.overridden(ctx, organization)
	if err != nil {
		return nil, err
	}
	place := make(map[int64]int, len(q.Buckets))
	for i, start := range q.Buckets {
		place[start.UnixMicro()] = i
	}
	p := about(organization)
	p.within(q.Range)
	p.filter(q.Filter)
	p["buckets"] = list(q.Buckets, func(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) })
	trends := make([]events.Trend, len(q.Series))
	for i, series := range q.Series {
		sh := shape{Filter: q.Filter, Named: series.Name != "", Unique: series.Math == events.MathUniqueDevelopers}
		sh.Overrides = overridden && (sh.Unique || len(q.Filter.DeveloperIDs) > 0)
		p.text("name", series.Name)
		trend := events.Trend{Values: make([]int64, len(q.Buckets))}
		err := s.query(ctx, "trend", sh, p, func(rows driver.Rows) error {
			var whole, value uint64
			var bucket int64
			if err := rows.Scan(&whole, &bucket, &value); err != nil {
				return err
			}
			if whole == 1 {
				trend.Total = int64(value)
			} else {
				trend.Values[place[bucket]] = int64(value)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		trends[i] = trend
	}
	return trends, nil
}
