package backfill

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
)

// locker gives the right to work on a backfill. Its locks are those of the runner's kind: session advisory locks in the ledger database.
type locker struct{ serverURL, database string }

// lock is held while its session lasts. The session also looks at the other sessions of the server, so a look shows that the lock is still held.
type lock struct{ conn *pgx.Conn }

// try returns nil when another session has the lock. It never waits in the database: a session that does breaks CREATE INDEX CONCURRENTLY elsewhere.
func (l locker) try(ctx context.Context, name string) (*lock, error) {
	conn, err := connect(ctx, l.serverURL, l.database, "lock "+name)
	if err != nil {
		return nil, fmt.Errorf("connect to the ledger for the lock: %w", err)
	}
	var taken bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockKey(name)).Scan(&taken); err != nil || !taken {
		hangUp(ctx, conn)
		return nil, away(err)
	}
	return &lock{conn: conn}, nil
}

// lockKey is stable between builds, so that two of them exclude each other.
func lockKey(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("devtrail migrations " + name))
	return int64(h.Sum64())
}

// load is what the server says of those who wait.
type load struct {
	// tableWaiters wait for the table, rowWaiters for a row of it.
	tableWaiters, rowWaiters int
	// lag is the longest that a replica is behind; 0 when there is none or it may not be seen.
	lag time.Duration
}

// load looks at a table, given with its partitions, of a database.
func (l *lock) load(ctx context.Context, database string, relations []uint32) (load, error) {
	var now load
	var lag float64
	err := l.conn.QueryRow(ctx, `
SELECT
    count(*) FILTER (WHERE l.locktype <> 'tuple'),
    count(*) FILTER (WHERE l.locktype = 'tuple'),
    coalesce((SELECT extract(epoch FROM max(replay_lag)) FROM pg_stat_replication), 0)::float8
FROM pg_locks AS l
WHERE NOT l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = $1)
  AND l.relation = ANY ($2::oid[])`, database, relations).Scan(&now.tableWaiters, &now.rowWaiters, &lag)
	now.lag = time.Duration(lag * float64(time.Second))
	return now, away(err)
}

// busy says why the work should wait, or "".
func (l load) busy(table string, cfg Config) string {
	switch {
	case l.tableWaiters > 0:
		return fmt.Sprintf("waits, since %d sessions wait for a lock of %s", l.tableWaiters, table)
	case l.rowWaiters > cfg.MaxRowWaiters:
		return fmt.Sprintf("waits, since %d sessions wait for rows of %s", l.rowWaiters, table)
	case l.lag > cfg.MaxLag:
		return fmt.Sprintf("waits, since a replica is %s behind", l.lag.Round(100*time.Millisecond))
	}
	return ""
}

// blocked counts the sessions that wait for the backend.
func (l *lock) blocked(ctx context.Context, pid uint32) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var n int
	err := l.conn.QueryRow(ctx, `
SELECT count(DISTINCT pid)
FROM pg_locks
WHERE NOT granted
  AND $1::integer = ANY (pg_blocking_pids(pid))`, int32(pid)).Scan(&n)
	return n, away(err)
}

// check fails when the lock may have been lost.
func (l *lock) check(ctx context.Context) error {
	_, err := l.conn.Exec(ctx, "SELECT 1")
	return away(err)
}

// release ends the session and with it the lock.
func (l *lock) release() { hangUp(context.Background(), l.conn) }
