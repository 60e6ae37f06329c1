package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// List finds the places of the page first and then reads the rows.
func (s *Store) List(ctx context.Context, organization uuid.UUID, q events.ListQuery) ([]events.Event, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	overridden, err := s.overridden(ctx, organization)
	if err != nil {
		return nil, err
	}
	p := about(organization)
	p.within(q.Range)
	p.filter(q.Filter)
	p.number("limit", q.Limit)
	if q.After != nil {
		p.micros("after_time", q.After.OccurredAt)
		p["after_id"] = q.After.ID.String()
	}
	var ids []uuid.UUID
	var newest, oldest time.Time
	sh := shape{Overrides: overridden && len(q.Filter.DeveloperIDs) > 0, Filter: q.Filter, After: q.After != nil}
	err = s.query(ctx, "list_keys", sh, p, func(rows driver.Rows) error {
		var id uuid.UUID
		if err := rows.Scan(&oldest, &id); err != nil {
			return err
		}
		if len(ids) == 0 {
			newest = oldest
		}
		ids = append(ids, id)
		return nil
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	p = about(organization)
	p.micros("newest", newest)
	p.micros("oldest", oldest)
	p.ids("ids", ids)
	list := make([]events.Event, 0, len(ids))
	err = s.query(ctx, "list_rows", shape{Overrides: overridden}, p, func(rows driver.Rows) error {
		e, err := eventFromRow(rows)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
