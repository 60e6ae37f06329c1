package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

const postgresHistoryRow = `
INSERT INTO ` + schema.HistoryTable + ` (version, name, checksum, duration_ms, applied_by, lock_wait_ms, actor, overrides, baseline)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// postgresRow is one row of the history.
type postgresRow struct {
	file           schema.File
	took, lockWait time.Duration
	actor          string
	overrides      []migrations.Override
	baseline       bool
}

// record adds rows; set is SET LOCAL inside a transaction and SET outside. What the files have SET does not hold for it.
func (p *postgres) record(ctx context.Context, conn *pgx.Conn, set string, rows ...postgresRow) error {
	if err := execute(ctx, conn, "RESET ALL; "+timeouts(set, p.cfg.LockTimeout, p.cfg.DDLTimeout)); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, row := range rows {
		if row.overrides == nil {
			row.overrides = []migrations.Override{}
		}
		overrides, err := json.Marshal(row.overrides)
		if err != nil {
			return err
		}
		batch.Queue(postgresHistoryRow, row.file.Version, row.file.Name, row.file.Checksum, row.took.Milliseconds(), p.cfg.Build,
			row.lockWait.Milliseconds(), row.actor, string(overrides), row.baseline)
	}
	return conn.SendBatch(ctx, batch).Close()
}

// completeHistory gives a history of an earlier build the columns that it lacks. It is done outside the transaction of the files:
// the table is read by every service, so its lock must be short.
func (p *postgres) completeHistory(ctx context.Context, conn *pgx.Conn) error {
	var lacks bool
	err := conn.QueryRow(ctx, `
SELECT to_regclass($1) IS NOT NULL
   AND NOT EXISTS (
        SELECT
        FROM pg_attribute
        WHERE attrelid = to_regclass($1)
          AND attname = 'baseline'
          AND NOT attisdropped
   )`, schema.HistoryTable).Scan(&lacks)
	if err != nil || !lacks {
		return err
	}
	return p.lightly(ctx, conn, schema.CompletePostgresHistory)
}

// lightly runs a statement of the runner's own, by itself, under the timeouts that every statement has.
func (p *postgres) lightly(ctx context.Context, conn *pgx.Conn, sql string) error {
	// Statements that are sent together share a transaction, which is where SET LOCAL holds.
	if err := execute(ctx, conn, timeouts("SET LOCAL", p.cfg.LockTimeout, p.cfg.DDLTimeout)+"; "+sql); err != nil {
		return fmt.Errorf("prepare the history: %w", err)
	}
	return nil
}

// baseline writes the history rows alone.
func (p *postgres) baseline(ctx context.Context, lock held, files []schema.File, actor string) error {
	conn, err := connectPostgres(ctx, p.serverURL, p.target.Database, migrations.Application+" "+p.cfg.Build)
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	if err := p.completeHistory(ctx, conn); err != nil {
		return away(err)
	}
	rows := make([]postgresRow, len(files))
	for i, f := range files {
		rows[i] = postgresRow{file: f, actor: actor, baseline: true}
	}
	err = pgx.BeginFunc(ctx, conn, func(pgx.Tx) error {
		if err := p.lightly(ctx, conn, schema.CreatePostgresHistory); err != nil {
			return err
		}
		if err := p.record(ctx, conn, "SET LOCAL", rows...); err != nil {
			return err
		}
		return lock.check(ctx)
	})
	return away(err)
}

// history reads by the row as JSON what a table of an earlier build does not have.
func (p *postgres) history(ctx context.Context, below int64, limit int) ([]migrations.Entry, error) {
	rows, err := p.pool.Query(ctx, `
SELECT
    h.version,
    h.name,
    h.checksum,
    h.applied_at,
    h.duration_ms,
    h.applied_by,
    coalesce((to_jsonb(h) ->> 'lock_wait_ms')::bigint, 0),
    coalesce(to_jsonb(h) ->> 'actor', ''),
    coalesce(to_jsonb(h) -> 'overrides', '[]'),
    coalesce((to_jsonb(h) ->> 'baseline')::boolean, false)
FROM `+schema.HistoryTable+` AS h
WHERE h.version < $1
ORDER BY h.version DESC
LIMIT $2`, below, limit)
	if err == nil {
		var entries []migrations.Entry
		entries, err = pgx.CollectRows(rows, entryFromRow)
		if err == nil {
			return entries, nil
		}
	}
	if code := pg.Code(err); code == codeUndefinedTable || code == codeUndefinedDatabase {
		return nil, nil
	}
	return nil, away(err)
}

func entryFromRow(row pgx.CollectableRow) (migrations.Entry, error) {
	var e migrations.Entry
	var took, waited int64
	var overrides []byte
	if err := row.Scan(&e.Version, &e.Name, &e.Checksum, &e.AppliedAt, &took, &e.AppliedBy, &waited, &e.Actor, &overrides, &e.Baseline); err != nil {
		return e, err
	}
	e.Duration, e.LockWait = time.Duration(took)*time.Millisecond, time.Duration(waited)*time.Millisecond
	if err := json.Unmarshal(overrides, &e.Overrides); err != nil {
		return e, fmt.Errorf("read the overrides of %s: %w", e.Name, err)
	}
	return e, nil
}

// lockWait adds up how long a segment has waited for table locks.
type lockWait struct {
	mu    sync.Mutex
	total time.Duration
}

func (w *lockWait) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total += d
}

func (w *lockWait) get() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total
}
