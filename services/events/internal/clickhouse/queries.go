package clickhouse

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/querytag"
)

// RunningQueries asks the server, so those of every instance of this service are among them.
func (s *Store) RunningQueries(ctx context.Context, organization uuid.UUID) ([]events.Query, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	now := s.now().UTC()
	var list []events.Query
	err := s.query(ctx, "running_queries", shape{}, about(organization), func(rows driver.Rows) error {
		var q events.Query
		var comment string
		var micros int64
		if err := rows.Scan(&q.ID, &comment, &micros, &q.Usage.ReadRows, &q.Usage.ReadBytes, &q.Usage.MemoryBytes); err != nil {
			return err
		}
		_, q.Tag, _ = querytag.Parse(comment)
		q.Elapsed = time.Duration(micros) * time.Microsecond
		q.StartedAt = events.Microseconds(now.Add(-q.Elapsed))
		list = append(list, q)
		return nil
	})
	return list, err
}

// CancelQuery asks the server to end the query, and does not wait until it has.
func (s *Store) CancelQuery(ctx context.Context, organization uuid.UUID, id string) error {
	running, err := s.RunningQueries(ctx, organization)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(running, func(q events.Query) bool { return q.ID == id }) {
		return events.ErrQueryNotFound
	}
	p := about(organization)
	p.text("id", id)
	var text strings.Builder
	if err := queries.ExecuteTemplate(&text, "cancel_query.sql", shape{}); err != nil {
		return err
	}
	ctx, done, err := s.bounded(ctx, "cancel_query", p, nil)
	if err != nil {
		return err
	}
	defer done()
	return judge(ctx, s.conn.Exec(ctx, text.String()))
}

// SlowQueries reads the server's log of queries, which it writes every few seconds.
func (s *Store) SlowQueries(ctx context.Context, organization uuid.UUID, f events.SlowQueryFilter) (slow events.SlowQueries, err error) {
	if err := s.enter(ctx); err != nil {
		return slow, err
	}
	p := about(organization)
	p.micros("since", f.Since)
	p["least"] = strconv.FormatInt(f.Least.Milliseconds(), 10)
	p.number("limit", f.Limit)
	err = s.run(ctx, "slow_queries", shape{}, p, func(rows driver.Rows) error {
		var q events.Query
		var comment string
		var milliseconds int64
		var failure int32
		err := rows.Scan(&q.ID, &comment, &q.StartedAt, &milliseconds, &q.Usage.ReadRows, &q.Usage.ReadBytes, &q.Usage.ResultRows, &q.Usage.MemoryBytes, &failure)
		if err != nil {
			return err
		}
		_, q.Tag, _ = querytag.Parse(comment)
		q.StartedAt, q.Elapsed = q.StartedAt.UTC(), time.Duration(milliseconds)*time.Millisecond
		if failure != 0 {
			q.Failure = strconv.Itoa(int(failure))
		}
		slow.Queries = append(slow.Queries, q)
		return nil
	})
	if code(err) == codeUnknownTable { // the server makes the table with the first rows
		return events.SlowQueries{}, nil
	}
	return slow, translate(ctx, err)
}
