package clickhouse

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
)

// Organizations reads the first column of the key.
func (s *Store) Organizations(ctx context.Context) ([]uuid.UUID, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var found []uuid.UUID
	err := s.query(ctx, "organizations", shape{}, params{}, func(rows driver.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		found = append(found, id)
		return err
	})
	return found, err
}

// EventDays reads the column of times.
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
	err := s.whole(ctx, name, shape{}, about(organization), func(rows driver.Rows) error {
		var d catalog.DayCount
		var n uint64
		err := rows.Scan(&d.Day, &n)
		d.Events = int64(n)
		days = append(days, d)
		return err
	})
	return days, err
}

// Occurrences streams the rows of the range. It is no question of a caller's, so it has no limit of time: the parameter's name keeps it from one.
func (s *Store) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	p := of(organization)
	p.within(r)
	var own error // of the caller, which is none of the database's
	err := s.query(ctx, "occurrences", shape{}, p, func(rows driver.Rows) error {
		var o catalog.Occurrence
		if err := rows.Scan(&o.Name, &o.At, &o.ID, &o.Properties); err != nil {
			return err
		}
		o.At = o.At.UTC()
		own = yield(o)
		return own
	})
	if own != nil {
		return own
	}
	return err
}

// Learn inserts one row a day; the newest counts.
func (s *Store) Learn(ctx context.Context, organization uuid.UUID, days []catalog.LearnedDay) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if len(days) == 0 {
		return nil
	}
	ctx = s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO learned_days (organization_id, day, events, names, keys, types, counts, firsts, lasts, examples, version)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	version := uint64(s.now().UnixMicro())
	for _, d := range days {
		n := len(d.Rows)
		names, keys, examples, types := make([]string, n), make([]string, n), make([]string, n), make([]uint8, n)
		counts, firsts, lasts := make([]uint64, n), make([]int64, n), make([]int64, n)
		for i, l := range d.Rows {
			names[i], keys[i], types[i], counts[i] = l.Name, l.Key, uint8(l.Type), uint64(l.Count)
			firsts[i], lasts[i], examples[i] = l.First.UnixMicro(), l.Last.UnixMicro(), l.Example
		}
		if err := batch.Append(organization, d.Day, uint64(d.Events), names, keys, types, counts, firsts, lasts, examples, version); err != nil {
			return err
		}
	}
	return translate(ctx, batch.Send())
}

// Learned takes the arrays apart and sums up.
func (s *Store) Learned(ctx context.Context, organization uuid.UUID) ([]catalog.Learned, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var found []catalog.Learned
	err := s.whole(ctx, "learned", shape{}, about(organization), func(rows driver.Rows) error {
		var l catalog.Learned
		var kind uint8
		var first, last int64
		err := rows.Scan(&l.Name, &l.Key, &kind, &l.Count, &first, &last, &l.Example)
		l.Type, l.First, l.Last = catalog.Type(kind), time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
		found = append(found, l)
		return err
	})
	return found, err
}

// membersShape is the shape of members.sql.
type membersShape struct {
	pageShape

	Overrides *lookup
	Member    *membership
}

// CohortMembers asks of every developer that is known whether it is a member.
func (s *Store) CohortMembers(ctx context.Context, organization uuid.UUID, c *insight.Cohort, p insight.ActorPage) ([]string, error) {
	return answer(ctx, s, organization, func(ctx context.Context, seen view) ([]string, error) {
		st := newStatement(organization, seen)
		return s.actors(ctx, "members", membersShape{pageShape: st.page(p), Overrides: st.look(), Member: st.member(c)}, st)
	})
}
