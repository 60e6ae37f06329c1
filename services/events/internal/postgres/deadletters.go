package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// AddDeadLetters sends one statement a letter, all in one round trip and one transaction.
func (s *Store) AddDeadLetters(ctx context.Context, organization uuid.UUID, letters []events.DeadLetter) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	text, err := work("add_dead_letter", shape{})
	if err != nil {
		return err
	}
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, l := range letters {
			batch.Queue(text, pgx.NamedArgs{
				"failed_at": l.FailedAt, "id": l.ID, "message": l.Message, "name": l.Name, "organization": organization,
				"payload": l.Payload, "reason": l.Reason, "received_at": l.ReceivedAt,
			})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return translate(ctx, err)
}

// ListDeadLetters reads the index of times.
func (s *Store) ListDeadLetters(ctx context.Context, organization uuid.UUID, after *events.DeadLetterPosition, limit int) ([]events.DeadLetter, error) {
	args := pgx.NamedArgs{"limit": limit, "organization": organization}
	if after != nil {
		args["after_time"], args["after_id"] = after.FailedAt, after.ID
	}
	return s.deadLetters(ctx, organization, shape{After: after != nil}, args)
}

// DeadLetter reads one letter.
func (s *Store) DeadLetter(ctx context.Context, organization, id uuid.UUID) (events.DeadLetter, error) {
	list, err := s.deadLetters(ctx, organization, shape{Named: true}, pgx.NamedArgs{"id": id, "limit": 1, "organization": organization})
	if err != nil {
		return events.DeadLetter{}, err
	}
	if len(list) == 0 {
		return events.DeadLetter{}, events.ErrDeadLetterNotFound
	}
	return list[0], nil
}

func (s *Store) deadLetters(ctx context.Context, organization uuid.UUID, sh shape, args pgx.NamedArgs) ([]events.DeadLetter, error) {
	var list []events.DeadLetter
	err := s.ask(ctx, organization, func(look *session) error {
		return look.answer(ctx, "list_dead_letters", sh, args, func(rows pgx.Rows) error {
			var l events.DeadLetter
			err := rows.Scan(&l.ID, &l.Name, &l.ReceivedAt, &l.FailedAt, &l.Reason, &l.Message, &l.Payload)
			l.ReceivedAt, l.FailedAt = l.ReceivedAt.UTC(), l.FailedAt.UTC()
			list = append(list, l)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// RemoveDeadLetter deletes the row.
func (s *Store) RemoveDeadLetter(ctx context.Context, organization, id uuid.UUID) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	_, err := s.pool.Exec(ctx, `
DELETE FROM dead_letters
WHERE organization_id = $1
    AND id = $2 /*{"kind":"remove_dead_letter"}*/`, organization, id)
	return translate(ctx, err)
}
