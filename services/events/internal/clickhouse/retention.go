package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// bits is how many buckets fit into the bits of a number; more are kept as lists, which costs more.
const bits = 64

// retentionShape is a question about retention.
type retentionShape struct {
	Source            *source
	Buckets           buckets
	Wide              bool
	FirstTime         bool
	RangeStart        string
	Target, Returning *condition
	Row               string
}

func (st *statement) retention(q insight.RetentionQuery) *retentionShape {
	within := q.Range
	if q.FirstTime { // the first event ever may lie before the intervals
		within.Start = events.MinTime
	}
	starts := make([]time.Time, len(q.Intervals))
	for i, interval := range q.Intervals {
		starts[i] = interval.Start
	}
	src := st.source(q.Question, within).acted().only(q.Target, q.Returning)
	return &retentionShape{
		Source: src, Buckets: st.buckets(starts), Wide: len(starts) > bits, FirstTime: q.FirstTime, RangeStart: st.micros(q.Range.Start),
		Target: src.matcher(q.Target), Returning: src.matcher(q.Returning),
	}
}

// Retention counts on the server.
func (s *Store) Retention(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery) ([][]int64, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([][]int64, error) {
		answer := make([][]int64, len(q.Intervals))
		for i := range answer {
			answer[i] = make([]int64, len(q.Intervals)-i)
		}
		st := newStatement(organization, seen)
		err := s.ask(ctx, "retention", st.retention(q), st, func(rows driver.Rows) error {
			var row, later int64
			var actors uint64
			if err := rows.Scan(&row, &later, &actors); err != nil {
				return err
			}
			answer[row][later] = int64(actors)
			return nil
		})
		if err != nil {
			return nil, err
		}
		return answer, nil
	})
}

// RetentionActors reads all actors of the row.
func (s *Store) RetentionActors(ctx context.Context, organization uuid.UUID, q insight.RetentionQuery, row int) ([]insight.Appearances, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]insight.Appearances, error) {
		st := newStatement(organization, seen)
		sh := st.retention(q)
		sh.Row = st.integer(int64(row))
		var list []insight.Appearances
		var scan func(rows driver.Rows) error
		if sh.Wide {
			scan = appearance[int64](&list, len(q.Intervals), row)
		} else {
			scan = appearance[uint64](&list, len(q.Intervals), row)
		}
		if err := s.ask(ctx, "retention_actors", sh, st, scan); err != nil {
			return nil, err
		}
		insight.SortAppearances(list)
		return list, nil
	})
}

// appearance reads rows of retention_actors.sql.
func appearance[N int64 | uint64](list *[]insight.Appearances, intervals, row int) func(driver.Rows) error {
	return func(rows driver.Rows) error {
		a := insight.Appearances{Seen: make([]bool, intervals-row)}
		var came []N
		if err := rows.Scan(&a.Actor, &came); err != nil {
			return err
		}
		for _, interval := range came {
			if j := int(interval) - row; j > 0 {
				a.Seen[j] = true
			}
		}
		a.Seen[0] = true
		*list = append(*list, a)
		return nil
	}
}
