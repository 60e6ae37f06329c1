package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
)

// Reassign sends one statement a change, all in one round trip and one transaction.
func (s *Store) Reassign(ctx context.Context, organization uuid.UUID, changes []events.Reassignment) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	text, err := work("reassign", shape{})
	if err != nil {
		return err
	}
	ordered := slices.Clone(changes)
	// By identity, so that two callers never wait for each other in a circle; the changes of one identity stay in their order, which births depend on.
	slices.SortStableFunc(ordered, func(a, b events.Reassignment) int { return a.Identity.Compare(b.Identity) })
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, c := range ordered {
			batch.Queue(text, pgx.NamedArgs{
				"organization": organization, "kind": int16(c.Identity.Kind), "value": c.Identity.Value,
				"developer": c.DeveloperID, "sequence": c.Sequence, "birth": c.Birth, "previous": c.Previous,
			})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return translate(ctx, err)
}

// Sequence returns the highest number set.
func (s *Store) Sequence(ctx context.Context) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	var sequence int64
	err := s.pool.QueryRow(ctx, `SELECT COALESCE(max(sequence), 0) FROM identity_positions /*{"kind":"sequence"}*/`).Scan(&sequence)
	return sequence, translate(ctx, err)
}

// SetSequence keeps the highest number.
func (s *Store) SetSequence(ctx context.Context, sequence int64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	_, err := s.pool.Exec(ctx, `
INSERT INTO identity_positions AS known (sequence)
VALUES ($1)
ON CONFLICT (singleton) DO UPDATE
SET sequence = EXCLUDED.sequence
WHERE EXCLUDED.sequence > known.sequence /*{"kind":"set_sequence"}*/`, sequence)
	return translate(ctx, err)
}
