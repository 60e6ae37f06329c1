package clickhouse

import (
	"context"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// AddDeadLetters adds rows; of a letter the row with the highest revision counts, so repeating it changes nothing.
func (s *Store) AddDeadLetters(ctx context.Context, organization uuid.UUID, letters []events.DeadLetter) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	newest, err := s.letterRevisions(ctx, organization, letters)
	if err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO dead_letters (organization_id, id, name, received_at, failed_at, reason, message, payload, gone, revision)")
	if err != nil {
		return translate(ctx, err)
	}
	defer batch.Close()
	now := uint64(s.now().UnixMicro())
	for _, l := range letters {
		revision := max(now, newest[l.ID]+1) // the clock of who kept or removed it before may be ahead
		err := batch.Append(organization, l.ID, l.Name, l.ReceivedAt, l.FailedAt, l.Reason, l.Message, string(l.Payload), uint8(0), revision)
		if err != nil {
			return err
		}
	}
	if batch.Rows() == 0 {
		return batch.Abort()
	}
	return translate(ctx, batch.Send())
}

// letterRevisions returns those of letters that were kept before.
func (s *Store) letterRevisions(ctx context.Context, organization uuid.UUID, letters []events.DeadLetter) (map[uuid.UUID]uint64, error) {
	ids := make([]uuid.UUID, len(letters))
	for i, l := range letters {
		ids[i] = l.ID
	}
	p := of(organization)
	p.ids("ids", ids)
	newest := make(map[uuid.UUID]uint64)
	err := s.query(ctx, "letter_revisions", shape{}, p, func(rows driver.Rows) error {
		var id uuid.UUID
		var revision uint64
		err := rows.Scan(&id, &revision)
		newest[id] = revision
		return err
	})
	return newest, err
}

// ListDeadLetters reads the rows that count.
func (s *Store) ListDeadLetters(ctx context.Context, organization uuid.UUID, after *events.DeadLetterPosition, limit int) ([]events.DeadLetter, error) {
	p := about(organization)
	p.number("limit", limit)
	if after != nil {
		p.micros("after_time", after.FailedAt)
		p["after_id"] = after.ID.String()
	}
	return s.deadLetters(ctx, shape{After: after != nil}, p)
}

// DeadLetter reads one letter.
func (s *Store) DeadLetter(ctx context.Context, organization, id uuid.UUID) (events.DeadLetter, error) {
	p := about(organization)
	p["id"] = id.String()
	p.number("limit", 1)
	list, err := s.deadLetters(ctx, shape{Named: true}, p)
	if err != nil {
		return events.DeadLetter{}, err
	}
	if len(list) == 0 {
		return events.DeadLetter{}, events.ErrDeadLetterNotFound
	}
	return list[0], nil
}

func (s *Store) deadLetters(ctx context.Context, sh shape, p params) ([]events.DeadLetter, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	var list []events.DeadLetter
	err := s.query(ctx, "list_dead_letters", sh, p, func(rows driver.Rows) error {
		var l events.DeadLetter
		var payload string
		err := rows.Scan(&l.ID, &l.Name, &l.ReceivedAt, &l.FailedAt, &l.Reason, &l.Message, &payload)
		l.Payload, l.ReceivedAt, l.FailedAt = []byte(payload), l.ReceivedAt.UTC(), l.FailedAt.UTC()
		list = append(list, l)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// RemoveDeadLetter adds a row that says so.
func (s *Store) RemoveDeadLetter(ctx context.Context, organization, id uuid.UUID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	var statement strings.Builder
	if err := queries.ExecuteTemplate(&statement, "remove_dead_letter.sql", shape{}); err != nil {
		return err
	}
	ctx = s.isolated(ctx, "", "")
	p := clickhouse.Parameters{"id": id.String(), "organization": organization.String()}
	return translate(ctx, s.conn.Exec(clickhouse.Context(ctx, clickhouse.WithParameters(p)), statement.String()))
}
