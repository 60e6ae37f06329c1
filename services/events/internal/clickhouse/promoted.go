package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events/catalog"
)

// promoted returns what is promoted in an organization.
func (s *Store) promoted(ctx context.Context, organization uuid.UUID) ([]catalog.Promoted, error) {
	return s.promotions.Of(ctx, organization, s.readPromoted(organization))
}

// readPromoted asks for it. Who calls has entered: an insert under way must not enter again, since settling what another has left waits for the end of it.
func (s *Store) readPromoted(organization uuid.UUID) func(context.Context) ([]catalog.Promoted, error) {
	return func(ctx context.Context) ([]catalog.Promoted, error) {
		items, err := s.items(ctx, shape{}, about(organization), catalog.Slots, catalog.Promotion)
		return catalog.ReadAllPromoted(items), err
	}
}

// Promoting asks the items.
func (s *Store) Promoting(ctx context.Context) ([]uuid.UUID, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	p := params{}
	p.number("kind", int(catalog.Promotion))
	var list []uuid.UUID
	err := s.query(ctx, "promoting", shape{}, p, func(rows driver.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// slotShape is the shape of the statements on a slot.
type slotShape struct {
	*property

	Year uint16
}

// slot is a promotion with the parameters of its statements. The organization has another name than in questions, whose time is limited.
func slot(organization uuid.UUID, p catalog.Promoted) (slotShape, *statement) {
	st := newStatement(uuid.Nil, view{})
	st.params = params{"promoted": organization.String()}
	shape := slotShape{property: st.property("properties", p.Key)}
	shape.promoted(p)
	return shape, st
}

// FillPromoted mutates the partitions that lack values. A mutation goes part by part, each as a whole, and is taken up by the server itself when it was killed.
func (s *Store) FillPromoted(ctx context.Context, organization uuid.UUID, p catalog.Promoted) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if p.State != catalog.Ready {
		if err := s.awaitInserts(ctx); err != nil { // of blocks that were made before the promotion was known
			return err
		}
	}
	shape, st := slot(organization, p)
	return s.mutateYears(ctx, "unfilled", "fill_promoted", shape, st)
}

// ClearPromoted mutates the partitions in which anything is in the slot.
func (s *Store) ClearPromoted(ctx context.Context, organization uuid.UUID, number int) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := s.awaitInserts(ctx); err != nil {
		return err
	}
	shape, st := slot(organization, catalog.Promoted{Slot: number})
	return s.mutateYears(ctx, "uncleared", "clear_promoted", shape, st)
}

// mutateYears runs a mutation on each of the partitions that a statement finds.
func (s *Store) mutateYears(ctx context.Context, find, mutate string, shape slotShape, st *statement) error {
	var years []uint16
	err := s.run(ctx, find, shape, st.params, func(rows driver.Rows) error {
		var year uint16
		err := rows.Scan(&year)
		years = append(years, year)
		return err
	})
	if err != nil {
		return translate(ctx, err)
	}
	for _, shape.Year = range years {
		err := s.do(ctx, mutate, shape, st.params, clickhouse.Settings{"mutations_sync": 1})
		if code(err) == codeUnfinished { // it would be tried for ever
			s.killMutations(ctx, "events", "UPDATE "+shape.Column)
		}
		if err != nil {
			return translate(ctx, err)
		}
	}
	return nil
}

// PromotedRows counts.
func (s *Store) PromotedRows(ctx context.Context, organization uuid.UUID, p catalog.Promoted) (filled, total int64, err error) {
	if err := s.enter(ctx); err != nil {
		return 0, 0, err
	}
	shape, st := slot(organization, p)
	err = s.run(ctx, "promoted_rows", shape, st.params, func(rows driver.Rows) error { return rows.Scan(&filled, &total) })
	return filled, total, translate(ctx, err)
}

// PropertyUsage reads the server's log of queries.
func (s *Store) PropertyUsage(ctx context.Context, organization uuid.UUID, since time.Time, limit int) (list []catalog.PropertyUsage, err error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	p := about(organization)
	p.micros("since", since)
	p.number("limit", limit)
	err = s.run(ctx, "property_usage", shape{}, p, func(rows driver.Rows) error {
		var u catalog.PropertyUsage
		var milliseconds int64
		err := rows.Scan(&u.Key, &u.Queries, &milliseconds, &u.ReadBytes)
		u.Elapsed = time.Duration(milliseconds) * time.Millisecond
		list = append(list, u)
		return err
	})
	if code(err) == codeUnknownTable { // the server makes the table with the first rows
		return nil, nil
	}
	return list, translate(ctx, err)
}
