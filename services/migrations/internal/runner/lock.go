package runner

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/migrations"
)

// locker gives the right to change one database. The lock of a ClickHouse database is in Postgres too, since ClickHouse has none.
type locker interface {
	// lock waits for the lock of the target; say is told who holds it while it waits.
	lock(ctx context.Context, target string, say func(string)) (held, error)
}

// held is a lock that is held.
type held interface {
	// check fails when the lock may have been lost.
	check(ctx context.Context) error
	// blockers describes the sessions for which the backend waits.
	blockers(ctx context.Context, pid uint32) ([]string, error)
	// building tells how far the index build of the backend is, in percent of its phase; 0 when it builds none or does not know.
	building(ctx context.Context, pid uint32) (phase string, percent float64, err error)
	// interrupt ends the statement that the backend runs.
	interrupt(ctx context.Context, pid uint32) error
	release()
}

// pollEvery is the mean time between two tries for the lock.
const pollEvery = 250 * time.Millisecond

// advisoryLocker takes session advisory locks in the ledger database, each on a connection of its own.
// It polls: a session that waits inside Postgres for a lock breaks CREATE INDEX CONCURRENTLY of the session that holds it.
type advisoryLocker struct {
	serverURL string
	database  string
	build     string
	// observe is told each time that the lock of the target was found taken.
	observe func(Step)
}

func (l *advisoryLocker) lock(ctx context.Context, target string, say func(string)) (held, error) {
	if err := createPostgres(ctx, l.serverURL, l.database); err != nil {
		return nil, fmt.Errorf("create the ledger database %q: %w", l.database, err)
	}
	conn, err := connectPostgres(ctx, l.serverURL, l.database, migrations.Application+" "+l.build+" lock "+target)
	if err != nil {
		return nil, err
	}
	lock := &advisoryLock{conn: conn}
	if err := l.poll(ctx, lock, target, say); err != nil {
		lock.release() //nolint:contextcheck // it is given back also when ctx has ended
		return nil, away(err)
	}
	return lock, nil
}

func (l *advisoryLocker) poll(ctx context.Context, lock *advisoryLock, target string, say func(string)) error {
	key := lockKey(target)
	for {
		var taken bool
		if err := lock.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return nil
		}
		holder, err := lock.holder(ctx, key)
		if err != nil {
			return err
		}
		say(holder)
		l.observe(Step{Database: target, Phase: Waiting})
		if err := pause.For(ctx, pollEvery/2+rand.N(pollEvery)); err != nil {
			return err
		}
	}
}

// lockKey is stable between builds, so that two of them exclude each other.
func lockKey(target string) int64 {
	h := fnv.New64a()
	h.Write([]byte("devtrail migrations " + target))
	return int64(h.Sum64())
}

// advisoryLock is used by the run and by its watcher for blockers, so its connection is guarded.
type advisoryLock struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

func (l *advisoryLock) holder(ctx context.Context, key int64) (string, error) {
	var who string
	err := l.conn.QueryRow(ctx, `
SELECT
    'another instance holds the lock: pid ' || a.pid || ' (' || a.application_name || '), connected for '
    || date_trunc('second', clock_timestamp() - a.backend_start)
FROM pg_locks AS l
JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory'
  AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = (($1::bigint >> 32) & 4294967295)
  AND l.objid::bigint = ($1::bigint & 4294967295)
  AND l.objsubid = 1
LIMIT 1`, key).Scan(&who)
	if errors.Is(err, pgx.ErrNoRows) {
		return "another instance held the lock a moment ago", nil
	}
	return who, err
}

func (l *advisoryLock) check(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.conn.Exec(ctx, "SELECT 1"); err != nil {
		return fmt.Errorf("the lock may be lost: %w", away(err))
	}
	return nil
}

func (l *advisoryLock) blockers(ctx context.Context, pid uint32) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rows, err := l.conn.Query(ctx, `
SELECT
    'pid ' || pid || ' (' || concat_ws(', ', nullif(application_name, ''), usename, state)
    || ', for ' || date_trunc('second', clock_timestamp() - coalesce(xact_start, backend_start)) || ')'
FROM pg_stat_activity
WHERE pid = ANY (pg_blocking_pids($1))
ORDER BY pid`, int32(pid))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (l *advisoryLock) building(ctx context.Context, pid uint32) (phase string, percent float64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = l.conn.QueryRow(ctx, `
SELECT
    phase,
    coalesce(100.0 * blocks_done / nullif(blocks_total, 0), 100.0 * tuples_done / nullif(tuples_total, 0), 0)::float8
FROM pg_stat_progress_create_index
WHERE pid = $1`, int32(pid)).Scan(&phase, &percent)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", 0, nil
	}
	return phase, percent, err
}

func (l *advisoryLock) interrupt(ctx context.Context, pid uint32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.conn.Exec(ctx, "SELECT pg_cancel_backend($1)", int32(pid))
	return err
}

// release ends the session and with it the lock.
func (l *advisoryLock) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx)
}
