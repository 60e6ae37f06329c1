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

// look is one look at who waits.
type look struct {
	at     time.Time
	waited time.Duration // longest so far of those who wait at that time
}

// watcher sees who waits behind the change.
type watcher struct {
	conn  *pgx.Conn
	looks []look
}

// run looks until ctx ends.
func (w *watcher) run(ctx context.Context) error {
	for rest(ctx, watchEvery) {
		var seconds float64
		if err := w.conn.QueryRow(ctx, longestWait, writerName, naiveName).Scan(&seconds); err != nil {
			return unlessOver(ctx, err)
		}
		w.looks = append(w.looks, look{time.Now(), time.Duration(seconds * float64(time.Second))})
	}
	return nil
}

// longest is the longest wait that was seen, and the longest time between two looks while the change was made: a wait may have been longer by that.
func (w *watcher) longest(began, ended time.Time) (waited, gap time.Duration) {
	last := began
	for _, one := range w.looks {
		waited = max(waited, one.waited)
		if one.at.After(began) && last.Before(ended) {
			gap, last = max(gap, one.at.Sub(last)), one.at
		}
	}
	return waited, gap
}
