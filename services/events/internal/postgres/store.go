// Package postgres keeps events in Postgres, for installations too small for ClickHouse. It stands below the service root, beside memory and clickhouse.
package postgres

import (
	"context"
	"errors"
	"fmt"
	neturl "net/url"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

var _ events.Store = (*Store)(nil)

// Store is an events.Store on a Postgres database.
type Store struct {
	pool   *pgxpool.Pool
	closed atomic.Bool
}

// Open returns a store on the database of a postgres:// URL, whose connections have the application name. It does not connect: a server that is away shows in
// Ready and in each call.
func Open(ctx context.Context, url, application string) (*Store, error) {
	address, err := neturl.Parse(url)
	if err != nil {
		return nil, fmt.Errorf("read the Postgres URL: %w", errors.Unwrap(err)) // without the URL: it may hold a password
	}
	settings := address.Query()
	settings.Set("plan_cache_mode", "force_custom_plan") // a plan for any range and any list fits none
	address.RawQuery = settings.Encode()
	pool, err := pg.Open(ctx, address.String(), pg.Options{ApplicationName: application, MaxConns: 16})
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool}, nil
}

// enter begins a call: the context is alive and the store is open.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return events.ErrStoreClosed
	}
	return nil
}

// Ready compares the schema with the files of this build.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	return pg.Ready(ctx, s.pool, eventsmigrations.Postgres())
}

// Close ends all connections.
func (s *Store) Close() error {
	if !s.closed.Swap(true) {
		s.pool.Close()
	}
	return nil
}

// undefinedTable and undefinedDatabase mean that the schema is not there yet.
const (
	undefinedTable    = "42P01"
	undefinedDatabase = "3D000"
)

// translate turns an error of the driver into one of this service, by code. The driver's text stays inside, as the cause.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c := pg.Code(err); c == undefinedTable || c == undefinedDatabase {
		return events.ErrStoreUnavailable.Wrap(err)
	}
	translated := pg.Fault(err)
	if fault.KindOf(translated) == fault.Unavailable {
		return events.ErrStoreUnavailable.Wrap(err)
	}
	return translated
}
