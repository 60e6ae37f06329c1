package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
)

// appendLock is the advisory lock that every append shares and that a fold takes alone for a moment.
const appendLock = 0x6465767472 // "devtr"

// appending notes, until the end of the transaction, that events are being appended. It must come before the overrides are read.
func appending(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock_shared($1)", int64(appendLock))
	return err
}

// barrier returns when every append that may not have seen the overrides of now has ended. Later appends wait for it in turn, a second at most:
// then it gives up.
func (s *Store) barrier(ctx context.Context) error {
	return pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(appendLock))
		return err
	})
}
