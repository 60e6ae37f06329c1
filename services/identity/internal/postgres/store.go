// Package postgres keeps organizations, developers, identities and keys in Postgres. It is the last room on a request's path:
// parameters become SQL (queries/, compiled by sqlc into sqlcgen/), rows become nouns. Every method takes the organization first;
// nothing here can read or change a row of another one.
package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres/sqlcgen"
)

const (
	// codeForeignKeyViolation is what an unknown organization gives: it is the one parent row that callers name.
	codeForeignKeyViolation = "23503"
	// codeTextInvalid is what the zero character gives, which Postgres cannot keep.
	codeTextInvalid = "22021"
)

// Store has one store for each noun, over one pool. It does not close the pool.
type Store struct {
	APIKeys       *APIKeys
	Changes       *Changes
	Developers    *Developers
	Identities    *Identities
	Organizations *Organizations
}

// New returns the stores. They need no connection until they are used.
func New(pool *pgxpool.Pool) *Store {
	writers := max(1, pool.Config().MaxConns/2)
	db := database{pool: pool, queries: sqlcgen.New(), writers: semaphore.NewWeighted(int64(writers))}
	return &Store{
		APIKeys:       &APIKeys{db},
		Changes:       &Changes{db},
		Developers:    &Developers{db},
		Identities:    &Identities{db},
		Organizations: &Organizations{db},
	}
}

// database is what every store works with.
type database struct {
	pool    *pgxpool.Pool
	queries *sqlcgen.Queries
	writers *semaphore.Weighted // one for each who may write at a time
}

// write runs work in a transaction; everything that changes rows does so here. A writer may wait for a lock for long and has a connection meanwhile,
// so writers get half of the pool together, and wait for their turn without one. The rest is for those who look up, above all whose a key is:
// without that nobody is let in.
func (d *database) write(ctx context.Context, work func(pgx.Tx) error) error {
	if err := d.writers.Acquire(ctx, 1); err != nil {
		return err
	}
	defer d.writers.Release(1)
	return pg.InTx(ctx, d.pool, work)
}

// translate turns a driver's error into a fault by its code.
func translate(err error) error {
	switch pg.Code(err) {
	case codeForeignKeyViolation:
		return identity.ErrOrganizationNotFound.Wrap(err)
	case codeTextInvalid:
		return identity.ErrTextInvalid.Wrap(err)
	default:
		return pg.ServiceFault(err)
	}
}
