package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events/catalog"
)

// Promoting asks the items.
func (s *Store) Promoting(ctx context.Context) ([]uuid.UUID, error) {
	var list []uuid.UUID
	err := s.query(ctx, "promoting", shape{}, pgx.NamedArgs{"kind": int64(catalog.Promotion)}, func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// promotedRows is how many events one statement brings into a slot: their locks are held for some hundredths of a second.
const promotedRows = 1000

// FillPromoted goes through the events in the order of their ids, some at a time.
func (s *Store) FillPromoted(ctx context.Context, organization uuid.UUID, p catalog.Promoted) error {
	return s.goThrough(ctx, "fill_promoted", organization, p)
}

// ClearPromoted goes through them likewise.
func (s *Store) ClearPromoted(ctx context.Context, organization uuid.UUID, slot int) error {
	return s.goThrough(ctx, "clear_promoted", organization, catalog.Promoted{Slot: slot})
}

// goThrough runs a statement on the next events until none is left. It rests as long as it works, so that it takes half of the time at most.
func (s *Store) goThrough(ctx context.Context, name string, organization uuid.UUID, p catalog.Promoted) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	text, args, err := slotStatement(name, organization, p)
	if err != nil {
		return err
	}
	args["limit"] = promotedRows
	for last := uuid.Nil; ; {
		args["after"] = last
		began := s.now()
		err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error { return tx.QueryRow(ctx, text, args).Scan(&last) })
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return translate(ctx, err)
		}
		if err := pause.For(ctx, min(s.now().Sub(began), time.Second)); err != nil {
			return err
		}
	}
}

// slotStatement is a statement about a slot.
func slotStatement(name string, organization uuid.UUID, p catalog.Promoted) (string, pgx.NamedArgs, error) {
	q := (&session{organization: organization}).query()
	var text strings.Builder
	err := questions.ExecuteTemplate(&text, name+".sql", q.slot(p.Key, p))
	return kindOnly(name) + text.String(), q.args, err
}

// PromotedRows counts.
func (s *Store) PromotedRows(ctx context.Context, organization uuid.UUID, p catalog.Promoted) (filled, total int64, err error) {
	err = s.ask(ctx, organization, func(look *session) error {
		q := look.query()
		return q.run(ctx, "promoted_rows", q.slot(p.Key, p), func(rows pgx.Rows) error { return rows.Scan(&filled, &total) })
	})
	return filled, total, err
}

// PropertyUsage tells what this instance has seen: the server keeps no record.
func (s *Store) PropertyUsage(ctx context.Context, organization uuid.UUID, since time.Time, limit int) ([]catalog.PropertyUsage, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	return s.log.Usage(organization, since, limit), nil
}

// promotionArgs are the parameters of items.sql for what is promoted.
func promotionArgs(organization uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"organization": organization, "kinds": []int64{int64(catalog.Promotion)}, "limit": catalog.Slots}
}

// slots are the active promotions of some organizations.
type slots map[uuid.UUID][]catalog.Promoted

// add looks what is promoted in an organization. It must not be called in a transaction, which has a connection already.
func (l slots) add(ctx context.Context, s *Store, organization uuid.UUID) error {
	list, err := s.promotions.Of(ctx, organization, func(ctx context.Context) ([]catalog.Promoted, error) {
		items, err := s.items(ctx, "items", shape{}, promotionArgs(organization))
		return catalog.ReadAllPromoted(items), err
	})
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.Active() {
			l[organization] = append(l[organization], p)
		}
	}
	return nil
}

// fill puts into the incoming events what the slots hold of them.
func (l slots) fill(ctx context.Context, tx pgx.Tx) error {
	for organization, list := range l {
		q := (&session{organization: organization}).query()
		var shape []property
		for _, p := range list {
			shape = append(shape, q.slot(p.Key, p))
		}
		var text strings.Builder
		if err := questions.ExecuteTemplate(&text, "fill_incoming.sql", shape); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, kindOnly("fill_incoming")+text.String(), q.args); err != nil {
			return err
		}
	}
	return nil
}
