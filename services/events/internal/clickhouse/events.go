package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// eventsShape is a question for events.
type eventsShape struct {
	Source                    *source
	AfterTime, AfterID, Limit string
}

// Events finds the places of the page first and then reads the rows.
func (s *Store) Events(ctx context.Context, organization uuid.UUID, q insight.EventsQuery) ([]events.Event, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]events.Event, error) {
		st := newStatement(organization, seen)
		within := q.Range
		sh := &eventsShape{Limit: st.integer(int64(q.Limit))}
		if q.After != nil {
			sh.AfterTime, sh.AfterID = st.micros(q.After.OccurredAt), st.bind("UUID", q.After.ID.String())
			if end := q.After.OccurredAt.Add(time.Microsecond); end.Before(within.End) { // what is younger need not be read
				within.End = end
			}
		}
		q.By = insight.Developers // events of several packages come once
		sh.Source = st.source(q.Question, within)
		var places places
		err := s.ask(ctx, "events", sh, st, func(rows driver.Rows) error {
			var at int64
			var id uuid.UUID
			err := rows.Scan(&at, &id)
			places.add(time.UnixMicro(at), id)
			return err
		})
		if err != nil {
			return nil, err
		}
		return s.rowsAt(ctx, organization, seen.overrides, places)
	})
}
