package backfill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// checkpoint is what a batch writes of itself.
type checkpoint struct {
	name string
	// from and to are the keys before its first row and of its last one; from is nil at the start.
	from, to []string
	rows     int
	size     int
	latency  time.Duration
}

// worker goes through the rows of a table of Postgres.
type worker struct {
	*job
	p      *postgres
	conn   *pgx.Conn
	key    key
	pace   pace
	number int
}

// ground is where the work stands, as the database has it.
type ground struct {
	state, checksum string
	checkpoint      []string
	size            int
}

func (p *postgres) work(ctx context.Context, j *job) error {
	if err := p.create(ctx); err != nil {
		return err
	}
	if err := p.insert(ctx, j.declared); err != nil {
		return err
	}
	conn, err := connect(ctx, p.serverURL, p.database, "backfill "+j.Name)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	w := &worker{job: j, p: p, conn: conn}
	return away(w.run(ctx))
}

func (w *worker) run(ctx context.Context) error {
	var err error
	if w.key, err = readKey(ctx, w.conn, w.Table); err != nil {
		return err
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	g, err := w.ground(ctx)
	if err != nil {
		return err
	}
	w.pace = pace{size: g.size, target: w.Latency}
	if g.checkpoint == nil {
		if err := w.awaitWriters(ctx); err != nil {
			return err
		}
	}
	failures := pause.Backoff{First: w.cfg.Retry, Most: 30 * w.cfg.Retry}
	for {
		if err := w.awaitQuiet(ctx); err != nil {
			return err
		}
		g, err := w.ground(ctx)
		if err != nil {
			return err
		}
		more, err := w.step(ctx, g)
		switch {
		case err == nil && !more:
			return nil
		case err == nil:
			failures.Reset()
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case passing(err):
			w.pace.shrink()
		case pg.Code(err) == codeQueryCanceled:
			// An operator's cancel, which the next look at the row shows, or the statement timeout.
			if g, err := w.ground(ctx); err != nil {
				return err
			} else if w.pace.least() && g.state == string(migrations.BackfillRunning) {
				return &fatal{fmt.Errorf("a batch of %d rows takes longer than %s", w.pace.size, w.cfg.StatementTimeout)}
			}
			w.pace.shrink()
		default:
			return lasting(err)
		}
		w.say("the batch is repeated: %s", err)
		if err := pause.For(ctx, failures.Next()); err != nil {
			return err
		}
	}
}

// lasting makes errors fatal that came from the server and will come again.
func lasting(err error) error {
	if _, ok := errors.AsType[*fatal](err); ok || errors.Is(err, errStopped) || errors.Is(away(err), migrations.ErrServerAway) || pg.Code(err) == "" {
		return err
	}
	return &fatal{err}
}

// begin writes who works and how large the table is.
func (w *worker) begin(ctx context.Context) error {
	var started time.Time
	var total int64
	err := w.conn.QueryRow(ctx, `
UPDATE `+checkpointTable+`
SET worker_pid = pg_backend_pid(),
    started_at = coalesce(started_at, clock_timestamp()),
    rows_total = (SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class WHERE oid = ANY ($2::oid[]) AND relkind = 'r')
WHERE name = $1
RETURNING
    started_at,
    rows_total`, w.Name, w.key.relations).Scan(&started, &total)
	if err == nil {
		w.show(func(b *migrations.Backfill) { b.StartedAt, b.RowsTotal = started.UTC(), total })
	}
	return err
}

// ground reads where the work stands, and errStopped when it may not go on.
func (w *worker) ground(ctx context.Context) (ground, error) {
	var g ground
	err := w.conn.QueryRow(ctx, `
SELECT
    state,
    checksum,
    checkpoint,
    batch_size
FROM `+checkpointTable+`
WHERE name = $1`, w.Name).Scan(&g.state, &g.checksum, &g.checkpoint, &g.size)
	switch {
	case err != nil:
		return g, err
	case g.state != string(migrations.BackfillRunning):
		return g, errStopped
	case g.checksum != w.Checksum:
		return g, &fatal{errors.New("the file was edited after it began: restore it, or resume to go on with the new text at the checkpoint")}
	case g.checkpoint != nil && len(g.checkpoint) != len(w.key.columns):
		return g, &fatal{fmt.Errorf("the primary key of %s was changed, so that the checkpoint says nothing", w.Table)}
	}
	return g, nil
}

// step makes one batch, or finds that nothing is left.
func (w *worker) step(ctx context.Context, g ground) (more bool, err error) {
	w.number++
	began := w.now()
	watch := w.watch(ctx)
	c, err := w.batch(ctx, g, began)
	blocked, lost := watch.stop()
	if lost != nil {
		err = errors.Join(err, lost)
	}
	if err != nil {
		return false, err
	}
	if c.rows == 0 {
		w.observe(Finished, 0, 0)
		return false, nil
	}
	took := w.now().Sub(began)
	w.pace.took(c.rows, took)
	w.show(func(b *migrations.Backfill) {
		b.State, b.Message, b.BatchLatency, b.BatchSize = migrations.BackfillRunning, "", took, w.pace.size
		b.Checkpoint = strings.Join(c.to, ", ")
		b.RowsDone += int64(c.rows)
	})
	w.observe(Committed, w.number, c.rows)
	if blocked == 0 {
		return true, nil
	}
	// They had to wait for us: smaller batches, and their turn first.
	w.pace.shrink()
	w.say("rests, since %d sessions waited for the last batch", blocked)
	return true, pause.For(ctx, took)
}

// batch runs the statement for the next rows, in one transaction with the checkpoint. Without rows it writes that all is done.
func (w *worker) batch(ctx context.Context, g ground, began time.Time) (checkpoint, error) {
	c := checkpoint{name: w.Name, from: g.checkpoint, size: w.pace.size}
	tx, err := w.conn.Begin(ctx)
	if err != nil {
		return c, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	w.observe(Begun, w.number, 0)
	if _, err := tx.Exec(ctx, "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
		milliseconds(w.cfg.LockTimeout), milliseconds(w.cfg.StatementTimeout)); err != nil {
		return c, err
	}
	from := texts(g.checkpoint)
	err = tx.QueryRow(ctx, w.key.last(from != nil), append(from, w.pace.size)...).Scan(&c.to, &c.rows)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, w.finish(ctx, tx)
	}
	if err != nil {
		return c, err
	}
	if _, err := tx.Exec(ctx, before(w.key.batch(from != nil), w.statement), append(texts(c.to), from...)...); err != nil {
		return c, err
	}
	w.observe(Made, w.number, c.rows)
	c.latency = w.now().Sub(began)
	if err := w.p.save(ctx, tx, c); err != nil {
		return c, err
	}
	w.observe(Checkpointed, w.number, c.rows)
	return c, tx.Commit(ctx)
}

// saveCheckpoint moves the checkpoint. It is the fence as well: who finds another one than he started from, or a cancelled backfill, rolls back.
// A pause lets the batch in hand through.
func saveCheckpoint(ctx context.Context, tx pgx.Tx, c checkpoint) error {
	tag, err := tx.Exec(ctx, `
UPDATE `+checkpointTable+`
SET checkpoint = $3,
    rows_done = rows_done + $4,
    batch_size = $5,
    batch_latency_us = $6,
    message = ''
WHERE name = $1
  AND state IN ('running', 'paused')
  AND checkpoint IS NOT DISTINCT FROM $2::text[]`, c.name, c.from, c.to, c.rows, c.size, c.latency.Microseconds())
	if err == nil && tag.RowsAffected() == 0 {
		err = errStopped
	}
	return err
}

func (w *worker) finish(ctx context.Context, tx pgx.Tx) error {
	tag, err := tx.Exec(ctx, `
UPDATE `+checkpointTable+`
SET state = 'done',
    message = '',
    worker_pid = NULL,
    finished_at = clock_timestamp()
WHERE name = $1
  AND state IN ('running', 'paused')`, w.Name)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return errStopped
	}
	return tx.Commit(ctx)
}

func texts(key []string) []any {
	if key == nil {
		return nil
	}
	list := make([]any, len(key))
	for i, part := range key {
		list[i] = part
	}
	return list
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
