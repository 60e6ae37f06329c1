package clickhouse

import (
	"context"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// List finds the places of the page first and then reads the rows; what Basic keeps of an event stands with its place.
func (s *Store) List(ctx context.Context, organization uuid.UUID, q events.ListQuery) ([]events.Event, error) {
	return overriding(ctx, s, organization, func(ctx context.Context, overridden *lookup) ([]events.Event, error) {
		p := about(organization)
		p.within(q.Range)
		p.filter(q.Filter)
		p.number("limit", q.Limit)
		if q.After != nil {
			p.micros("after_time", q.After.OccurredAt)
			p["after_id"] = q.After.ID.String()
		}
		sh := shape{Always: q.Range == events.AllTime, Filter: q.Filter, After: q.After != nil, Basic: q.Basic}
		if q.Basic || len(q.Filter.DeveloperIDs) > 0 {
			sh.owned(overridden, p)
		}
		if q.Basic {
			return s.basic(ctx, sh, p)
		}
		var found places
		err := s.query(ctx, "list_keys", sh, p, func(rows driver.Rows) error {
			var at time.Time
			var id uuid.UUID
			err := rows.Scan(&at, &id)
			found.add(at, id)
			return err
		})
		if err != nil {
			return nil, err
		}
		return s.rowsAt(ctx, organization, overridden, found)
	})
}

// basic reads the page from list_keys.sql alone.
func (s *Store) basic(ctx context.Context, sh shape, p params) ([]events.Event, error) {
	var list []events.Event
	err := s.query(ctx, "list_keys", sh, p, func(rows driver.Rows) error {
		var e events.Event
		err := rows.Scan(&e.OccurredAt, &e.ID, &e.Name, &e.DeveloperID, &e.Project)
		e.OccurredAt = e.OccurredAt.UTC()
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// places are those of the events of a page.
type places struct {
	ids   []uuid.UUID
	times []time.Time
}

func (p *places) add(at time.Time, id uuid.UUID) {
	p.ids, p.times = append(p.ids, id), append(p.times, at)
}

// rowsAt reads the events at the places.
func (s *Store) rowsAt(ctx context.Context, organization uuid.UUID, overridden *lookup, at places) ([]events.Event, error) {
	if len(at.ids) == 0 {
		return nil, nil
	}
	p := about(organization)
	p["times"] = list(at.times, func(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) })
	p.ids("ids", at.ids)
	all := make([]events.Event, 0, len(at.ids))
	sh := shape{}
	sh.owned(overridden.exactly(), p)
	err := s.query(ctx, "list_rows", sh, p, func(rows driver.Rows) error {
		e, err := eventFromRow(rows)
		all = append(all, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
