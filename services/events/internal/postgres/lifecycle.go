package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// Lifecycle counts, in each bucket, how its actors came to it, and how many of the one before did not.
func (s *Store) Lifecycle(ctx context.Context, organization uuid.UUID, q insight.LifecycleQuery) ([]insight.LifecycleRow, error) {
	list := make([]insight.LifecycleRow, len(q.Buckets))
	err := s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		data, err := statement.lifecycle(ctx, q)
		if err != nil {
			return err
		}
		return statement.run(ctx, "lifecycle", data, func(rows pgx.Rows) error {
			var bucket int
			var row insight.LifecycleRow
			var leaving int64
			if err := rows.Scan(&bucket, &row.New, &row.Returning, &row.Resurrecting, &leaving); err != nil {
				return err
			}
			if at := bucket - firstBucket; at >= 0 {
				row.Dormant = list[at].Dormant
				list[at] = row
			}
			if next := bucket - firstBucket + 1; next < len(list) {
				list[next].Dormant = leaving
			}
			return nil
		})
	})
	return list, err
}

// firstBucket is the number of the first bucket in lifecycle.sql: 0 is all time before the bucket that is before it.
const firstBucket = 2

// LifecycleActors lists those of a bucket with a status.
func (s *Store) LifecycleActors(
	ctx context.Context, organization uuid.UUID, q insight.LifecycleQuery, bucket int, status insight.Status, page insight.ActorPage,
) ([]string, error) {
	var list []string
	err := s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		data, err := statement.lifecycle(ctx, q)
		if err != nil {
			return err
		}
		data.New, data.Returning, data.Resurrecting = status == insight.New, status == insight.Returning, status == insight.Resurrecting
		data.Bucket = statement.param(int64(bucket + firstBucket))
		list, err = statement.page(ctx, "lifecycle_actors", data, page)
		return err
	})
	return list, err
}

// lifecycleData is the data of lifecycle.sql and lifecycle_actors.sql.
type lifecycleData struct {
	Relation                      *relation
	Buckets, Bucket, After, Limit string // parameters
	New, Returning, Resurrecting  bool   // none: dormant
}

func (d lifecycleData) paged(after, limit string) any {
	d.After, d.Limit = after, limit
	return d
}

func (q *query) lifecycle(ctx context.Context, asked insight.LifecycleQuery) (lifecycleData, error) {
	r, err := q.about(ctx, asked.Question, events.Range{Start: events.MinTime, End: asked.Range.End})
	if err != nil {
		return lifecycleData{}, err
	}
	m, err := q.matcher(ctx, r, asked.Matcher)
	r.Where = append(r.Where, m)
	r.acting()
	return lifecycleData{Relation: r, Buckets: q.param(slices.Concat([]time.Time{asked.Before}, asked.Buckets))}, err
}
