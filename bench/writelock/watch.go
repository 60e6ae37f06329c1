package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// naiveName is the application_name of the naive change.
	naiveName = "naive"
	// watchEvery is the time between two looks, beside what a look takes.
	watchEvery = 20 * time.Millisecond
)

// longestWait is the longest time that a client waits by now for a lock that the change holds or is in the queue for before it.
const longestWait = `
WITH changer AS (
    SELECT array_agg(pid) AS pids
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND (application_name LIKE 'devtrail-migrations%' OR application_name = $2)
)
SELECT coalesce(extract(epoch FROM max(clock_timestamp() - l.waitstart)), 0)::float8
FROM changer
JOIN pg_stat_activity AS a ON a.datname = current_database()
JOIN pg_locks AS l ON l.pid = a.pid
WHERE a.application_name = $1
  AND a.wait_event_type = 'Lock'
  AND NOT l.granted
  AND pg_blocking_pids(a.pid) && changer.pids`

// watcher sees who waits behind the change.
type watcher struct {
	conn    *pgx.Conn
	longest time.Duration // as it was seen
	gap     time.Duration // longest time between two looks, by which a wait may have been longer than it was seen
}

// run looks until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	for last := time.Now(); rest(ctx, watchEvery); {
		var seconds float64
		err := w.conn.QueryRow(ctx, longestWait, writerName, naiveName).Scan(&seconds)
		if err != nil {
			return unlessOver(ctx, err)
		}
		now := time.Now()
		w.gap, last = max(w.gap, now.Sub(last)), now
		w.longest = max(w.longest, time.Duration(seconds*float64(time.Second)))
	}
	return nil
}
