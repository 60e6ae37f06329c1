// Package postgres keeps packages, versions and inventories in Postgres. It is the last room of a request: parameters become SQL, rows become nouns of
// package packages. Each method takes the organization first, and sees nothing of another one.
package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/packages/internal/postgres/sqlcgen"
	packagesmigrations "devtrail.dev/services/packages/migrations"
)

// Store reads and writes the packages database.
type Store struct {
	pool    *pgxpool.Pool
	queries *sqlcgen.Queries
	now     func() time.Time
}

// New makes a store over a pool, which the caller closes. Now gives the time of a first sight.
func New(pool *pgxpool.Pool, now func() time.Time) *Store {
	return &Store{pool: pool, queries: sqlcgen.New(), now: now}
}

// Ready is nil when the database answers and has the schema that this build needs; else it says what to do.
func (s *Store) Ready(ctx context.Context) error {
	return pg.Ready(ctx, s.pool, packagesmigrations.FS)
}
