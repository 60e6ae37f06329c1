package backfill

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pause"
)

// awaitWriters waits for the transactions that wrote to the table before the start: what they have not committed would be passed over.
func (w *worker) awaitWriters(ctx context.Context) error {
	first, err := w.writers(ctx)
	if err != nil {
		return err
	}
	for {
		now, err := w.writers(ctx)
		if err != nil {
			return err
		}
		first = slices.DeleteFunc(first, func(transaction string) bool { return !slices.Contains(now, transaction) })
		if len(first) == 0 {
			return nil
		}
		w.say("waits for %d transactions that wrote to %s before it began", len(first), w.Table)
		if err := pause.For(ctx, w.cfg.Poll); err != nil {
			return err
		}
		if _, err := w.ground(ctx); err != nil {
			return err
		}
	}
}

func (w *worker) writers(ctx context.Context) ([]string, error) {
	rows, err := w.conn.Query(ctx, `
SELECT DISTINCT virtualtransaction
FROM pg_locks
WHERE granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation = ANY ($1::oid[])
  AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  AND pid IS DISTINCT FROM pg_backend_pid()`, w.key.relations)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// awaitQuiet waits while others wait, and while a replica is behind. It also finds a lock that was lost.
func (w *worker) awaitQuiet(ctx context.Context) error {
	for {
		now, err := w.lock.load(ctx, w.p.database, w.key.relations)
		if err != nil {
			return err
		}
		reason := now.busy(w.Table, w.cfg)
		if reason == "" {
			return nil
		}
		w.say("%s", reason)
		if err := pause.For(ctx, w.cfg.Poll); err != nil {
			return err
		}
		if _, err := w.ground(ctx); err != nil {
			return err
		}
	}
}

// blockedWatch counts, during a batch, the sessions that wait for it.
type blockedWatch struct {
	cancel context.CancelFunc
	done   chan struct{}
	most   int
	err    error
}

func (w *worker) watch(ctx context.Context) *blockedWatch {
	ctx, cancel := context.WithCancel(ctx)
	b := &blockedWatch{cancel: cancel, done: make(chan struct{})}
	pid := w.conn.PgConn().PID()
	every := max(w.Latency/4, 10*time.Millisecond)
	go func() {
		defer close(b.done)
		for pause.For(ctx, every) == nil {
			// The connection must outlive the batch: the query is not cancelled, it is short.
			n, err := w.lock.blocked(context.WithoutCancel(ctx), pid)
			if err != nil {
				b.err = err
				return
			}
			b.most = max(b.most, n)
		}
	}()
	return b
}

// stop ends the watch and returns how many waited at most, and the error of a lock that may be lost.
func (b *blockedWatch) stop() (int, error) {
	b.cancel()
	<-b.done
	return b.most, b.err
}
