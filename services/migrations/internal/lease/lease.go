// Package lease keeps the leases of service instances in the ledger database, with what their SQL uses and when it was last used.
// The desk writes to it at every heartbeat, and the gates read it. All times in it are the database's: the clocks of instances, ours among them, do not matter.
package lease

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// ErrInstanceNotFound says that no instance has the id.
var ErrInstanceNotFound = fault.New(fault.NotFound, "INSTANCE_NOT_FOUND", "instance not found")

// Store keeps leases.
type Store struct{ pool *pgxpool.Pool }

// New makes a Store on a pool to the ledger database. The caller closes the pool.
func New(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// Register takes or renews the lease and replaces what the instance says of itself. It returns when the lease lapses.
func (s *Store) Register(ctx context.Context, i migrations.Instance) (time.Time, error) {
	needs := slices.Clone(i.Needs)
	// In one order, so that two instances never wait for each other in a circle.
	slices.SortFunc(needs, func(a, b migrations.SchemaNeed) int { return strings.Compare(a.Database, b.Database) })
	var seen time.Time
	err := pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(upsertInstance, i.ID, i.Service, i.Build, i.ApplicationName, i.Parked, i.ExpectedInterval).QueryRow(func(row pgx.Row) error {
			return row.Scan(&seen)
		})
		var names []string
		var digests [][]byte
		for _, n := range needs {
			names, digests = append(names, n.Database), append(digests, digest(n.Uses))
		}
		batch.Queue(touchReplaced, i.ID, names, digests)
		batch.Queue(deleteNeeds, i.ID, names)
		for k, n := range needs {
			batch.Queue(upsertUsage, n.Database, digests[k], canonical(n.Uses))
			batch.Queue(upsertNeed, i.ID, n.Database, n.MinVersion, n.MaxVersionExclusive, digests[k])
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return seen.UTC().Add(migrations.LeaseTime), err
}

const (
	upsertInstance = `
INSERT INTO instances AS known (id, service, build, application_name, parked, expected_interval, registered_at, seen_at)
SELECT $1, $2, $3, $4, $5, $6, t, t
FROM clock_timestamp() AS t
ON CONFLICT (id) DO UPDATE
SET service = excluded.service,
    build = excluded.build,
    application_name = excluded.application_name,
    parked = excluded.parked,
    expected_interval = excluded.expected_interval,
    seen_at = greatest(known.seen_at, excluded.seen_at),
    released_at = NULL
RETURNING seen_at`

	// What an instance no longer lists it used until now.
	touchReplaced = `
UPDATE usages
SET last_used_at = clock_timestamp()
FROM instance_needs AS n
WHERE n.instance_id = $1
  AND usages.database_name = n.database_name
  AND usages.digest = n.digest
  AND (n.database_name, n.digest) NOT IN (
      SELECT *
      FROM unnest($2::text[], $3::bytea[])
  )`

	deleteNeeds = `
DELETE FROM instance_needs
WHERE instance_id = $1
  AND database_name <> ALL ($2::text[])`

	// The time is written once a second at most, since all instances of a build write the same row; the instances' own times are exact.
	upsertUsage = `
INSERT INTO usages AS known (database_name, digest, objects, last_used_at)
VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (database_name, digest) DO UPDATE
SET last_used_at = excluded.last_used_at
WHERE known.last_used_at < excluded.last_used_at - interval '1 second'`

	upsertNeed = `
INSERT INTO instance_needs AS known (instance_id, database_name, min_version, max_version_exclusive, digest)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (instance_id, database_name) DO UPDATE
SET min_version = excluded.min_version,
    max_version_exclusive = excluded.max_version_exclusive,
    digest = excluded.digest
WHERE (known.min_version, known.max_version_exclusive, known.digest)
    IS DISTINCT FROM (excluded.min_version, excluded.max_version_exclusive, excluded.digest)`
)

// Release gives a lease back. What the instance used counts as used until now. Releasing twice is fine.
func (s *Store) Release(ctx context.Context, id string) error {
	return pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
UPDATE instances
SET released_at = coalesce(released_at, clock_timestamp())
WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrInstanceNotFound.With("no instance has the id %q", id)
		}
		_, err = tx.Exec(ctx, `
UPDATE usages
SET last_used_at = greatest(last_used_at, i.released_at)
FROM instances AS i
JOIN instance_needs AS n ON n.instance_id = i.id
WHERE i.id = $1
  AND usages.database_name = n.database_name
  AND usages.digest = n.digest`, id)
		return err
	})
}

// canonical orders the objects and takes doubles out.
func canonical(objects []string) []string {
	list := slices.Clone(objects)
	slices.Sort(list)
	list = slices.Compact(list)
	if list == nil {
		list = []string{}
	}
	return list
}

// digest stands for a set of objects.
func digest(objects []string) []byte {
	h := sha256.New()
	for _, o := range canonical(objects) {
		// The length first, so that no two sets look the same.
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(o))))
		_, _ = h.Write([]byte(o))
	}
	return h.Sum(nil)
}
