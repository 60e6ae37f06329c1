package lease

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// Place is where a page of List ends.
type Place struct {
	State migrations.LeaseState `json:"s"`
	ID    string                `json:"i"`
}

// List returns at most limit leases after the place, live ones first, then lapsed and released ones, each by id. The zero place is before all.
func (s *Store) List(ctx context.Context, after Place, limit int) ([]migrations.Lease, error) {
	return s.leases(ctx, leases+`
WHERE (l.state, l.id) > ($1, $2)
ORDER BY l.state, l.id
LIMIT $3`, after.State, after.ID, limit)
}

// Of returns all leases whose instances need the database, in the order of List.
func (s *Store) Of(ctx context.Context, database string) ([]migrations.Lease, error) {
	return s.leases(ctx, leases+`
WHERE l.id IN (
    SELECT instance_id
    FROM instance_needs
    WHERE database_name = $1
)
ORDER BY l.state, l.id`, database)
}

// leases selects all leases as l; $ parameters are the caller's.
const leases = `
WITH l AS (
    SELECT
        id,
        service,
        build,
        application_name,
        parked,
        expected_interval,
        registered_at,
        seen_at,
        ` + state + ` AS state
    FROM instances
)
SELECT
    l.id,
    l.service,
    l.build,
    l.application_name,
    l.parked,
    l.expected_interval,
    l.registered_at,
    l.seen_at,
    l.state
FROM l`

// state is the number of a migrations.LeaseState.
const state = `(CASE
            WHEN released_at IS NOT NULL THEN 3
            WHEN parked OR seen_at + interval '45 seconds' > clock_timestamp() THEN 1
            ELSE 2
        END)`

func (s *Store) leases(ctx context.Context, sql string, args ...any) ([]migrations.Lease, error) {
	var list []migrations.Lease
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		if list, err = pgx.CollectRows(rows, leaseFromRow); err != nil {
			return err
		}
		return addNeeds(ctx, tx, list)
	})
	return list, err
}

func leaseFromRow(row pgx.CollectableRow) (migrations.Lease, error) {
	var l migrations.Lease
	err := row.Scan(&l.ID, &l.Service, &l.Build, &l.ApplicationName, &l.Parked, &l.ExpectedInterval, &l.RegisteredAt, &l.SeenAt, &l.State)
	l.RegisteredAt, l.SeenAt = l.RegisteredAt.UTC(), l.SeenAt.UTC()
	l.ExpiresAt = l.SeenAt.Add(migrations.LeaseTime)
	return l, err
}

func addNeeds(ctx context.Context, tx pgx.Tx, list []migrations.Lease) error {
	at := make(map[string]int, len(list))
	ids := make([]string, len(list))
	for i, l := range list {
		at[l.ID], ids[i] = i, l.ID
	}
	rows, err := tx.Query(ctx, `
SELECT
    n.instance_id,
    n.database_name,
    n.min_version,
    n.max_version_exclusive,
    u.objects
FROM instance_needs AS n
JOIN usages AS u ON u.database_name = n.database_name AND u.digest = n.digest
WHERE n.instance_id = ANY ($1)
ORDER BY n.instance_id, n.database_name`, ids)
	if err != nil {
		return err
	}
	var id string
	var need migrations.SchemaNeed
	_, err = pgx.ForEachRow(rows, []any{&id, &need.Database, &need.MinVersion, &need.MaxVersionExclusive, &need.Uses}, func() error {
		list[at[id]].Needs = append(list[at[id]].Needs, need)
		need.Uses = nil
		return nil
	})
	return err
}

// Use is the last time that something was used.
type Use struct {
	// At is zero when it was never seen used.
	At time.Time
	// By says for people who used it.
	By string
}

// Later returns the later of both.
func (u Use) Later(other Use) Use {
	if other.At.After(u.At) {
		return other
	}
	return u
}

// LastUsed returns when any of the objects of a database was last used by an instance that held a lease. An object is table.column, or table.* for any
// column of the table. An instance that does not say what it uses counts as using all.
func (s *Store) LastUsed(ctx context.Context, database string, objects []string) (Use, error) {
	var at *time.Time
	var by *string
	err := s.pool.QueryRow(ctx, `
SELECT
    greatest(u.last_used_at, i.seen_at),
    i.service || ' ' || i.id || ' of build ' || i.build
FROM usages AS u
LEFT JOIN LATERAL (
    SELECT
        i.id,
        i.service,
        i.build,
        greatest(i.seen_at, i.released_at) AS seen_at
    FROM instance_needs AS n
    JOIN instances AS i ON i.id = n.instance_id
    WHERE n.database_name = u.database_name
      AND n.digest = u.digest
    ORDER BY greatest(i.seen_at, i.released_at) DESC
    LIMIT 1
) AS i ON true
WHERE u.database_name = $1
  AND (
      u.objects = '{}'
      OR u.objects && $2
      OR EXISTS (
          SELECT
          FROM unnest(u.objects) AS o
          WHERE split_part(o, '.', 1) || '.*' = ANY ($2)
             OR (o LIKE '%.*' AND split_part(o, '.', 1) = ANY ($3))
      )
  )
ORDER BY 1 DESC
LIMIT 1`, database, objects, tables(objects)).Scan(&at, &by)
	if errors.Is(err, pgx.ErrNoRows) {
		return Use{}, nil
	}
	if err != nil {
		return Use{}, pg.Fault(err)
	}
	use := Use{At: at.UTC(), By: "a build whose instances are gone"}
	if by != nil {
		use.By = *by
	}
	return use, nil
}
