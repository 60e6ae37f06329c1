package lease

import (
	"context"
	"log/slog"
	"time"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// How long rows are kept. An instance that is gone is of no use to a gate once its usage is noted; a usage outlives every soak.
const (
	instanceRetention = "30 days"
	usageRetention    = "730 days"
	// gap is how long leases may go unwatched, as during a restart of this service, before what happened counts as unknown.
	gap = "5 minutes"
)

// Run watches the leases until ctx ends and returns nil then. A ledger that is away is tried again at the next tick.
func (s *Store) Run(ctx context.Context, logger *slog.Logger) error {
	tick := time.NewTicker(migrations.HeartbeatInterval)
	defer tick.Stop()
	failed := false
	for {
		err := s.Watch(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			logger.WarnContext(ctx, "leases are not watched", "error", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Watch notes that leases are watched now, that instances whose leases ended and whose connections did not still use what they listed, and removes
// what is too old to matter.
func (s *Store) Watch(ctx context.Context) error {
	for _, statement := range []string{watch, touchConnected, reapInstances, reapUsages} {
		if _, err := s.pool.Exec(ctx, statement); err != nil {
			return pg.Fault(err)
		}
	}
	return nil
}

const (
	watch = `
INSERT INTO watches AS known (since, seen_at)
SELECT t, t
FROM clock_timestamp() AS t
ON CONFLICT (singleton) DO UPDATE
SET since = CASE
        WHEN known.seen_at < excluded.seen_at - interval '` + gap + `' THEN excluded.seen_at
        ELSE known.since
    END,
    seen_at = greatest(known.seen_at, excluded.seen_at)`

	// The end of a lease says nothing while the database still has the instance's connection.
	touchConnected = `
UPDATE usages
SET last_used_at = clock_timestamp()
FROM instances AS i
JOIN instance_needs AS n ON n.instance_id = i.id
JOIN pg_stat_activity AS a ON a.application_name = i.application_name
WHERE (i.released_at IS NOT NULL OR i.seen_at + interval '45 seconds' <= clock_timestamp())
  AND usages.database_name = n.database_name
  AND usages.digest = n.digest`

	reapInstances = `
DELETE FROM instances
WHERE NOT (parked AND released_at IS NULL)
  AND greatest(seen_at, released_at) + expected_interval < clock_timestamp() - interval '` + instanceRetention + `'`

	reapUsages = `
DELETE FROM usages AS u
WHERE last_used_at < clock_timestamp() - interval '` + usageRetention + `'
  AND NOT EXISTS (
      SELECT
      FROM instance_needs AS n
      WHERE n.database_name = u.database_name
        AND n.digest = u.digest
  )`
)
