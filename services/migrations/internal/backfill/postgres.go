package backfill

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// checkpointTable is in the database of the rows, so that a batch and its checkpoint commit together.
const checkpointTable = "devtrail_backfills"

// Each batch changes its row; the free space keeps these changes within a page.
const createCheckpoints = `
CREATE TABLE IF NOT EXISTS ` + checkpointTable + ` (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed', 'cancelled')),
    checkpoint text[],
    rows_done bigint NOT NULL DEFAULT 0,
    rows_total bigint NOT NULL DEFAULT 0,
    batch_size integer NOT NULL,
    batch_latency_us bigint NOT NULL DEFAULT 0,
    message text NOT NULL DEFAULT '',
    worker_pid integer,
    started_at timestamptz,
    finished_at timestamptz
) WITH (fillfactor = 50)`

// postgres keeps the checkpoints of one database and works there.
type postgres struct {
	database  string
	serverURL string
	pool      *pgxpool.Pool
	// save writes the checkpoint of a batch; a test loosens it from the transaction to see that the promise depends on it.
	save func(ctx context.Context, tx pgx.Tx, c checkpoint) error
}

func openPostgres(ctx context.Context, serverURL string, t migrations.Target) (*postgres, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return nil, errors.New("the server URL is not a URL")
	}
	u.Path = "/" + t.Database
	pool, err := pg.Open(ctx, u.String(), pg.Options{ApplicationName: migrations.Application + " backfills", MaxConns: 2})
	if err != nil {
		return nil, err
	}
	return &postgres{database: t.Database, serverURL: serverURL, pool: pool, save: saveCheckpoint}, nil
}

func (p *postgres) close() { p.pool.Close() }

func (p *postgres) read(ctx context.Context, d *declared) (migrations.Backfill, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	b := d.fresh()
	b.Message = ""
	var history, checkpoints bool
	err := p.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL", schema.HistoryTable, checkpointTable).Scan(&history, &checkpoints)
	if pg.Code(err) == codeUndefinedDatabase {
		b.Message = "the database is not there yet"
		return b, nil
	}
	if err != nil {
		return b, away(err)
	}
	applied := false
	if history {
		if err := p.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+schema.HistoryTable+" WHERE version = $1)", d.After).Scan(&applied); err != nil {
			return b, away(err)
		}
	}
	written := false
	if checkpoints {
		if written, err = p.readRow(ctx, d, &b); err != nil {
			return b, away(err)
		}
	}
	if !written {
		b.State = migrations.BackfillRunning
	}
	if b.State == migrations.BackfillRunning && !applied {
		b.State, b.Message = migrations.BackfillWaiting, fmt.Sprintf("version %04d is not applied", d.After)
	}
	return b, nil
}

// readRow fills what is written about a backfill, and reports whether something is.
func (p *postgres) readRow(ctx context.Context, d *declared, b *migrations.Backfill) (bool, error) {
	var state string
	var key []string
	var latency int64
	var started, finished *time.Time
	err := p.pool.QueryRow(ctx, `
SELECT
    state,
    checkpoint,
    rows_done,
    rows_total,
    batch_size,
    batch_latency_us,
    message,
    started_at,
    finished_at
FROM `+checkpointTable+`
WHERE name = $1`, d.Name).Scan(&state, &key, &b.RowsDone, &b.RowsTotal, &b.BatchSize, &latency, &b.Message, &started, &finished)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b.State, b.Checkpoint, b.BatchLatency = migrations.BackfillState(state), strings.Join(key, ", "), time.Duration(latency)*time.Microsecond
	for _, one := range []struct {
		to   *time.Time
		from *time.Time
	}{{&b.StartedAt, started}, {&b.FinishedAt, finished}} {
		if one.from != nil {
			*one.to = one.from.UTC()
		}
	}
	return true, nil
}

// create makes the table of checkpoints. Another instance may be doing so now, and IF NOT EXISTS does not cover that.
func (p *postgres) create(ctx context.Context) error {
	_, err := p.pool.Exec(ctx, createCheckpoints)
	if pg.Code(err) == codeUniqueViolation {
		_, err = p.pool.Exec(ctx, createCheckpoints)
	}
	return away(err)
}

// insert writes that a backfill is running, when nothing is written about it.
func (p *postgres) insert(ctx context.Context, d *declared) error {
	_, err := p.pool.Exec(ctx, `
INSERT INTO `+checkpointTable+` (name, checksum, state, batch_size)
VALUES ($1, $2, 'running', $3)
ON CONFLICT (name) DO NOTHING`, d.Name, d.Checksum, d.Batch)
	return away(err)
}

func (p *postgres) move(ctx context.Context, d *declared, from []migrations.BackfillState, to migrations.BackfillState) (bool, error) {
	if err := p.create(ctx); err != nil {
		return false, err
	}
	// A row that is not there stands for one that is running.
	if slices.Contains(from, migrations.BackfillRunning) {
		if err := p.insert(ctx, d); err != nil {
			return false, err
		}
	}
	// Who resumes decides for the text as it is now.
	tag, err := p.pool.Exec(ctx, `
UPDATE `+checkpointTable+`
SET state = $2,
    checksum = CASE WHEN $2 = 'running' THEN $4 ELSE checksum END,
    message = '',
    finished_at = CASE WHEN $2 = 'cancelled' THEN clock_timestamp() END
WHERE name = $1
  AND state = ANY ($3)`, d.Name, string(to), from, d.Checksum)
	if err != nil {
		return false, away(err)
	}
	if tag.RowsAffected() > 0 && to == migrations.BackfillCancelled {
		return true, p.interrupt(ctx, d)
	}
	return tag.RowsAffected() > 0, nil
}

// interrupt ends the statement of the batch in hand, whichever instance works on it.
func (p *postgres) interrupt(ctx context.Context, d *declared) error {
	_, err := p.pool.Exec(ctx, `
SELECT pg_cancel_backend(a.pid)
FROM `+checkpointTable+` AS b
JOIN pg_stat_activity AS a ON a.pid = b.worker_pid
WHERE b.name = $1
  AND a.datname = current_database()
  AND a.application_name LIKE '`+migrations.Application+` %'`, d.Name)
	return away(err)
}

func (p *postgres) fail(ctx context.Context, d *declared, message string) error {
	_, err := p.pool.Exec(ctx, `
UPDATE `+checkpointTable+`
SET state = 'failed',
    message = $2,
    finished_at = clock_timestamp()
WHERE name = $1
  AND state = 'running'`, d.Name, message)
	return away(err)
}
