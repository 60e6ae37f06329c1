package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// lifecycleShape is a question about the lifecycle. Buckets are numbered from 1: 0 is the one before the range.
type lifecycleShape struct {
	pageShape
	Source         *source
	Buckets        buckets
	Wide           bool
	Before         string // where bucket 0 starts
	Last           string // the number of the last bucket
	Bucket, Status string
}

func (st *statement) lifecycle(q insight.LifecycleQuery) *lifecycleShape {
	// The first event ever is looked for in all time.
	src := st.source(q.Question, events.Range{Start: events.MinTime, End: q.Range.End}).acted().only(q.Matcher)
	return &lifecycleShape{
		Source: src, Buckets: st.buckets(slices.Concat([]time.Time{q.Before}, q.Buckets)), Wide: len(q.Buckets)+1 > bits,
		Before: st.micros(q.Before), Last: st.integer(int64(len(q.Buckets))),
	}
}

// Lifecycle counts on the server.
func (s *Store) Lifecycle(ctx context.Context, organization uuid.UUID, q insight.LifecycleQuery) ([]insight.LifecycleRow, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]insight.LifecycleRow, error) {
		answer := make([]insight.LifecycleRow, len(q.Buckets))
		st := newStatement(organization, seen)
		err := s.ask(ctx, "lifecycle", st.lifecycle(q), st, func(rows driver.Rows) error {
			var bucket, status int64
			var actors uint64
			if err := rows.Scan(&bucket, &status, &actors); err != nil {
				return err
			}
			row := &answer[bucket-1]
			*map[insight.Status]*int64{
				insight.New: &row.New, insight.Returning: &row.Returning, insight.Resurrecting: &row.Resurrecting, insight.Dormant: &row.Dormant,
			}[insight.Status(status)] = int64(actors)
			return nil
		})
		if err != nil {
			return nil, err
		}
		return answer, nil
	})
}

// LifecycleActors asks for those of one bucket and status.
func (s *Store) LifecycleActors(ctx context.Context, organization uuid.UUID, q insight.LifecycleQuery, bucket int, status insight.Status, page insight.ActorPage) ([]string, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]string, error) {
		st := newStatement(organization, seen)
		sh := st.lifecycle(q)
		sh.Bucket, sh.Status, sh.pageShape = st.integer(int64(bucket)+1), st.integer(int64(status)), st.page(page)
		return s.actors(ctx, "lifecycle_actors", sh, st)
	})
}
