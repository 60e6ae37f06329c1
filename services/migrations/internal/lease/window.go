package lease

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
)

// Window is what is remembered of a gate. Times are the ledger's.
type Window struct {
	// Now is when the window was read.
	Now time.Time
	// LookedAt is when the gate was first looked at with these objects.
	LookedAt time.Time
	// WatchedSince is since when leases are kept without a gap.
	WatchedSince time.Time
	// Evidence is the last use that the database's own records showed, or the last time that they did not cover what was before.
	Evidence Use
	// Sample is the records' counters at the last look; nil before the first.
	Sample json.RawMessage
}

// Look returns the window of a gate and begins it at the first look, or when the file names other objects than before.
func (s *Store) Look(ctx context.Context, database, file string, objects []string) (Window, error) {
	var w Window
	var used *time.Time
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, watch); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
INSERT INTO gates AS known (database_name, file, objects, looked_at)
VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (database_name, file) DO UPDATE
SET objects = excluded.objects,
    looked_at = CASE WHEN known.objects = excluded.objects THEN known.looked_at ELSE excluded.looked_at END,
    used_at = CASE WHEN known.objects = excluded.objects THEN known.used_at END,
    used_by = CASE WHEN known.objects = excluded.objects THEN known.used_by ELSE '' END,
    sample = CASE WHEN known.objects = excluded.objects THEN known.sample END
RETURNING
    clock_timestamp(),
    looked_at,
    (SELECT since FROM watches),
    used_at,
    used_by,
    sample`, database, file, canonical(objects)).Scan(&w.Now, &w.LookedAt, &w.WatchedSince, &used, &w.Evidence.By, &w.Sample)
	})
	if used != nil {
		w.Evidence.At = used.UTC()
	}
	w.Now, w.LookedAt, w.WatchedSince = w.Now.UTC(), w.LookedAt.UTC(), w.WatchedSince.UTC()
	return w, err
}

// Note keeps what the database's own records say: the counters, and when used is not empty that they show a use, or do not cover the time, until now.
// It returns that moment, or the one noted before.
func (s *Store) Note(ctx context.Context, database, file string, sample json.RawMessage, used string) (Use, error) {
	var at *time.Time
	var use Use
	err := s.pool.QueryRow(ctx, `
UPDATE gates
SET sample = $3,
    used_at = CASE WHEN $4 <> '' THEN clock_timestamp() ELSE used_at END,
    used_by = CASE WHEN $4 <> '' THEN $4 ELSE used_by END
WHERE database_name = $1
  AND file = $2
RETURNING used_at, used_by`, database, file, sample, used).Scan(&at, &use.By)
	if at != nil {
		use.At = at.UTC()
	}
	return use, pg.Fault(err)
}
