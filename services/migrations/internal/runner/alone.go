package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/segment"
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

// alone applies a file that cannot share a transaction: one statement at a time, each with a row of progress. It goes on behind the last statement that is done.
// A statement that may be in a transaction is in one with its row, so that it is done once. One that may not and was cut off runs again,
// so it must be repeatable (IF NOT EXISTS, IF EXISTS).
func (p *postgres) alone(ctx context.Context, conn *pgx.Conn, req request, f schema.File, waited *lockWait) error {
	began := p.now()
	if err := p.lightly(ctx, conn, schema.CreatePostgresHistory+"; "+createProgress); err != nil {
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
		if err := p.one(ctx, conn, req, step{f, i + 1, len(statements), statements[i]}); err != nil {
			return err
		}
	}
	p.observe(f, 0, BeforeCommit)
	err = p.record(ctx, conn, "SET", postgresRow{
		file: f, took: p.now().Sub(began), lockWait: waited.get(), actor: req.actor, overrides: req.overrides[f.Name],
	})
	if err == nil {
		p.observe(f, 0, AfterCommit)
	}
	return err
}

// one runs one statement between its rows of progress.
func (p *postgres) one(ctx context.Context, conn *pgx.Conn, req request, s step) error {
	p.observe(s.file, s.number, Before)
	past, err := p.past(ctx, conn, s)
	if err != nil {
		return err
	}
	// Why it failed stays until it has ended: the next attempt must know it though this one is killed.
	if err := p.write(ctx, conn, s, "started", past.failure); err != nil {
		return err
	}
	p.observe(s.file, s.number, Journaled)
	if segment.RefusesTransaction(s.statement) {
		err = p.bare(ctx, conn, req, s, past)
	} else {
		err = p.wrapped(ctx, conn, s)
	}
	if err != nil {
		err = statementError(s.file, s.statement, err)
		// When the server is gone too, "started" says the same.
		_ = execute(ctx, conn, "RESET ALL")
		_ = p.write(ctx, conn, s, "failed", err.Error())
		return err
	}
	p.observe(s.file, s.number, Done)
	return nil
}

// wrapped runs a statement and writes that it is done in one transaction.
func (p *postgres) wrapped(ctx context.Context, conn *pgx.Conn, s step) error {
	return pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
		class := classOf(s.statement)
		if err := execute(ctx, conn, timeouts("SET LOCAL", p.lockTimeout(class), p.timeout(class))+"; "+s.statement.Text); err != nil {
			return err
		}
		p.observe(s.file, s.number, After)
		// What the statement has SET is not for the row, nor for the next statement.
		if err := execute(ctx, conn, "RESET ALL"); err != nil {
			return err
		}
		return p.write(ctx, conn, s, "done", "")
	})
}

// bare runs a statement without a transaction. past is what the journal knows of it.
func (p *postgres) bare(ctx context.Context, conn *pgx.Conn, req request, s step, past attempt) error {
	class := classOf(s.statement)
	if err := execute(ctx, conn, timeouts("SET", p.lockTimeout(class), p.timeout(class))); err != nil {
		return err
	}
	var err error
	if parent, partition, ok := detachOf(s.statement.Text); ok {
		err = p.detach(ctx, conn, s, parent, partition, past)
	} else {
		err = p.buildIndex(ctx, conn, req, s, past.begun)
	}
	if reset := execute(ctx, conn, "RESET ALL"); err == nil {
		err = reset
	}
	if err != nil {
		return err
	}
	p.observe(s.file, s.number, After)
	return p.write(ctx, conn, s, "done", "")
}

// lockTimeout is none for what waits for old snapshots of other sessions: that counts as a lock wait and holds up nobody.
func (p *postgres) lockTimeout(c class) time.Duration {
	if c == long {
		return 0
	}
	return p.cfg.LockTimeout
}

func (p *postgres) write(ctx context.Context, conn *pgx.Conn, s step, state, message string) error {
	_, err := conn.Exec(ctx, writeProgress, s.file.Version, s.number, statementChecksum(s.statement), state, p.cfg.Build, message)
	return err
}

// attempt is what the journal knows of a statement from before.
type attempt struct {
	begun   bool
	failure string // "" when it was cut off, or has not failed
}

// past reads what the journal knows of this very statement.
func (p *postgres) past(ctx context.Context, conn *pgx.Conn, s step) (a attempt, err error) {
	err = conn.QueryRow(ctx, `
SELECT message
FROM `+progressTable+`
WHERE version = $1
  AND statement = $2
  AND checksum = $3`, s.file.Version, s.number, statementChecksum(s.statement)).Scan(&a.failure)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nil
	}
	a.begun = true
	return a, err
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
