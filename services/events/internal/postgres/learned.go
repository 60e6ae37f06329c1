package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
)

// Organizations skips through the index.
func (s *Store) Organizations(ctx context.Context) ([]uuid.UUID, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []uuid.UUID
	err := s.query(ctx, "organizations", shape{}, pgx.NamedArgs{}, func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}

// EventDays reads the index of times.
func (s *Store) EventDays(ctx context.Context, organization uuid.UUID) ([]catalog.DayCount, error) {
	return s.days(ctx, "event_days", organization)
}

// LearnedDays reads the rows without their arrays.
func (s *Store) LearnedDays(ctx context.Context, organization uuid.UUID) ([]catalog.DayCount, error) {
	return s.days(ctx, "learned_days", organization)
}

func (s *Store) days(ctx context.Context, name string, organization uuid.UUID) ([]catalog.DayCount, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var days []catalog.DayCount
	err := s.query(ctx, name, shape{}, pgx.NamedArgs{"organization": organization}, func(rows pgx.Rows) error {
		var d catalog.DayCount
		err := rows.Scan(&d.Day, &d.Events)
		days = append(days, d)
		return err
	})
	return days, err
}

// Occurrences streams the rows of the range. It is no question of a caller's, and how long it takes is up to who reads, who rests mostly; so it has no limits.
func (s *Store) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	var own error // of the caller, which is none of the database's
	err := s.askFor(ctx, organization, endless, func(look *session) error {
		look.rows = math.MaxInt64
		return look.answer(ctx, "occurrences", shape{}, about(organization, r), func(rows pgx.Rows) error {
			var o catalog.Occurrence
			if err := rows.Scan(&o.Name, &o.At, &o.ID, &o.Properties); err != nil {
				return err
			}
			o.At = o.At.UTC()
			own = yield(o)
			return own
		})
	})
	if own != nil {
		return own
	}
	return err
}

// Learn replaces one row a day, all in one transaction.
func (s *Store) Learn(ctx context.Context, organization uuid.UUID, days []catalog.LearnedDay) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	text, err := statement("learn", shape{})
	if err != nil {
		return err
	}
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, d := range days {
			n := len(d.Rows)
			names, keys, examples, types := make([]string, n), make([]string, n), make([]string, n), make([]int64, n)
			counts, firsts, lasts := make([]int64, n), make([]int64, n), make([]int64, n)
			for i, l := range d.Rows {
				names[i], keys[i], types[i], counts[i] = l.Name, l.Key, int64(l.Type), l.Count
				firsts[i], lasts[i], examples[i] = l.First.UnixMicro(), l.Last.UnixMicro(), l.Example
			}
			batch.Queue(text, pgx.NamedArgs{
				"organization": organization, "day": d.Day, "events": d.Events, "names": names, "keys": keys, "types": types, "counts": counts,
				"firsts": firsts, "lasts": lasts, "examples": examples,
			})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return translate(ctx, err)
}

// Learned takes the arrays apart and sums up.
func (s *Store) Learned(ctx context.Context, organization uuid.UUID) ([]catalog.Learned, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []catalog.Learned
	err := s.query(ctx, "learned", shape{}, pgx.NamedArgs{"organization": organization}, func(rows pgx.Rows) error {
		var l catalog.Learned
		var kind int64
		var first, last int64
		err := rows.Scan(&l.Name, &l.Key, &kind, &l.Count, &first, &last, &l.Example)
		l.Type, l.First, l.Last = catalog.Type(kind), time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
		list = append(list, l)
		return err
	})
	return list, err
}
