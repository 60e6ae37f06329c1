package runner

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// progressTable remembers, in the database itself, how far a file without a transaction has come.
const progressTable = "devtrail_schema_progress"

const createProgress = `
CREATE TABLE IF NOT EXISTS ` + progressTable + ` (
    version bigint NOT NULL,
    statement integer NOT NULL,
    checksum text NOT NULL,
    state text NOT NULL CHECK (state IN ('started', 'done', 'failed')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_by text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (version, statement)
)`

const writeProgress = `
INSERT INTO ` + progressTable + ` (version, statement, checksum, state, applied_by, message)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (version, statement) DO UPDATE
SET checksum = excluded.checksum,
    state = excluded.state,
    at = excluded.at,
    applied_by = excluded.applied_by,
    message = excluded.message`

// alone applies a file whose statements cannot run in a transaction: one at a time, each with a row of progress. It goes on behind the last statement that is done.
// A statement that was cut off runs again, so it must be repeatable (IF NOT EXISTS, IF EXISTS).
func (p *postgres) alone(ctx context.Context, conn *pgx.Conn, req request, f schema.File, waited *lockWait) error {
	began := p.now()
	if err := p.createHistory(ctx, conn, "SET", schema.CreatePostgresHistory+"; "+createProgress); err != nil {
		return err
	}
	statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	finished, err := p.progress(ctx, conn, f.Version)
	if err != nil {
		return err
	}
	rest, err := remaining(f, statements, finished)
	if err != nil {
		return err
	}
	for i := len(statements) - len(rest); i < len(statements); i++ {
		if err := req.gate(ctx); err != nil {
			return err
		}
		if err := req.lock.check(ctx); err != nil {
			return err
		}
		req.report(migrations.Progress{File: f.Name, Statement: i + 1, Statements: len(statements), Phase: migrations.RunningStatement, LockWait: waited.get()})
		if err := p.one(ctx, conn, f, i+1, statements[i]); err != nil {
			return err
		}
	}
	p.observe(f, 0, BeforeCommit)
	err = p.record(ctx, conn, postgresRow{
		file: f, took: p.now().Sub(began), lockWait: waited.get(), actor: req.actor, overrides: req.overrides[f.Name],
	})
	if err == nil {
		p.observe(f, 0, AfterCommit)
	}
	return err
}

// one runs one statement between its rows of progress.
func (p *postgres) one(ctx context.Context, conn *pgx.Conn, f schema.File, number int, s sqlsplit.Statement) error {
	write := func(state, message string) error {
		_, err := conn.Exec(ctx, writeProgress, f.Version, number, statementChecksum(s), state, p.cfg.Build, message)
		return err
	}
	p.observe(f, number, Before)
	if err := write("started", ""); err != nil {
		return err
	}
	p.observe(f, number, Journaled)
	class := classOf(s)
	lockTimeout := p.cfg.LockTimeout
	if class == long {
		// These wait for old snapshots of other sessions, which counts as a lock wait and holds up nobody.
		lockTimeout = 0
	}
	if err := setTimeouts(ctx, conn, "SET", lockTimeout, p.timeout(class)); err != nil {
		return err
	}
	err := buildIndex(ctx, conn, s)
	if reset := execute(ctx, conn, "RESET ALL"); err == nil {
		err = reset
	}
	if err != nil {
		err = statementError(f, s, err)
		// When the server is gone too, "started" says the same.
		_ = write("failed", err.Error())
		return err
	}
	p.observe(f, number, After)
	if err := write("done", ""); err != nil {
		return err
	}
	p.observe(f, number, Done)
	return nil
}

// progress returns the checksums of the statements of a file that are done, by number.
func (p *postgres) progress(ctx context.Context, conn *pgx.Conn, version int64) (map[int]string, error) {
	rows, err := conn.Query(ctx, `
SELECT statement, checksum
FROM `+progressTable+`
WHERE version = $1
  AND state = 'done'`, version)
	if err != nil {
		return nil, err
	}
	finished := map[int]string{}
	var number int
	var checksum string
	_, err = pgx.ForEachRow(rows, []any{&number, &checksum}, func() error {
		finished[number] = checksum
		return nil
	})
	return finished, err
}
