package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	args := about(organization, q.Range)
	addFilter(args, q.Filter)
	args["buckets"] = q.Buckets
	trends := make([]events.Trend, len(q.Series))
	for i, series := range q.Series {
		sh := shape{Filter: q.Filter, Named: series.Name != "", Unique: series.Math == events.MathUniqueDevelopers}
		sh.Overrides = overridden && (sh.Unique || len(q.Filter.DeveloperIDs) > 0)
		args["name"] = series.Name
		trend := events.Trend{Values: make([]int64, len(q.Buckets))}
		err := s.query(ctx, "trend", sh, args, func(rows pgx.Rows) error {
			var bucket int32
			var value int64
			if err := rows.Scan(&bucket, &value); err != nil {
				return err
			}
			if bucket == 0 {
				trend.Total = value
			} else {
				trend.Values[bucket-1] = value
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
