// Package ledger keeps the runs and the overrides in the database of the migrations service. The runner calls it.
package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// Store keeps runs in the ledger database.
type Store struct{ pool *pgxpool.Pool }

// New makes a Store on a pool to the ledger database. The caller closes the pool.
func New(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// Begin writes the run, and ends those of the same database that have no end: the caller holds the lock of the database, so their instances are gone.
func (s *Store) Begin(ctx context.Context, run migrations.Run) error {
	return pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
UPDATE runs
SET outcome = $3,
    finished_at = greatest(started_at, $2)
WHERE database_name = $1
  AND finished_at IS NULL`, run.Database, run.StartedAt, migrations.Abandoned)
		if err != nil {
			return err
		}
		return write(ctx, tx, run)
	})
}

// Finish writes how the run ended, and the whole run when it was not begun here.
func (s *Store) Finish(ctx context.Context, run migrations.Run) error {
	return pg.InTx(ctx, s.pool, func(tx pgx.Tx) error { return write(ctx, tx, run) })
}

func write(ctx context.Context, tx pgx.Tx, run migrations.Run) error {
	var finished *time.Time
	if !run.FinishedAt.IsZero() {
		// The clock of an instance may be set back during a run.
		at := run.FinishedAt
		if at.Before(run.StartedAt) {
			at = run.StartedAt
		}
		finished = &at
	}
	_, err := tx.Exec(ctx, `
INSERT INTO runs (id, database_name, build, started_at, finished_at, from_version, to_version, outcome, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE
SET finished_at = excluded.finished_at,
    outcome = excluded.outcome,
    message = excluded.message`,
		run.ID, run.Database, run.Build, run.StartedAt, finished, run.FromVersion, run.ToVersion, run.Outcome, run.Message)
	return err
}

// FirstRun returns the version to which the first run of a database was to bring it, while no run is known to have ended well; else 0.
// Of several that began at version 0 it is the lowest: who was served by that build may have used the database since.
func (s *Store) FirstRun(ctx context.Context, database string) (int64, error) {
	var to int64
	err := s.pool.QueryRow(ctx, `
SELECT CASE
    WHEN bool_or(outcome = 'applied') THEN 0
    ELSE coalesce(min(to_version) FILTER (WHERE from_version = 0), 0)
END
FROM runs
WHERE database_name = $1`, database).Scan(&to)
	if absent(err) {
		return 0, nil
	}
	return to, pg.Fault(err)
}

// List returns the newest runs of a database, at most limit.
func (s *Store) List(ctx context.Context, database string, limit int) ([]migrations.Run, error) {
	rows, err := s.pool.Query(ctx, `
SELECT id, database_name, build, started_at, finished_at, from_version, to_version, outcome, message
FROM runs
WHERE database_name = $1
ORDER BY started_at DESC, id DESC
LIMIT $2`, database, limit)
	if err != nil {
		return nil, pg.Fault(err)
	}
	runs, err := pgx.CollectRows(rows, runFromRow)
	return runs, pg.Fault(err)
}

func runFromRow(row pgx.CollectableRow) (migrations.Run, error) {
	var run migrations.Run
	var finished *time.Time
	err := row.Scan(&run.ID, &run.Database, &run.Build, &run.StartedAt, &finished, &run.FromVersion, &run.ToVersion, &run.Outcome, &run.Message)
	if finished != nil {
		run.FinishedAt = *finished
	}
	return run, err
}
