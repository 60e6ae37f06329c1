// Package postgres keeps events in Postgres, for installations too small for ClickHouse. It stands below the service root, beside memory and clickhouse.
package postgres

import (
	"context"
	"errors"
	neturl "net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/querylog"
	"devtrail.dev/services/events/internal/recall"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

var (
	_ events.Store  = (*Store)(nil)
	_ insight.Store = (*Store)(nil)
)

// Store is an events.Store and an insight.Store on a Postgres database.
type Store struct {
	pool   *pgxpool.Pool
	closed atomic.Bool
	limits events.QueryLimits
	now    func() time.Time
	log    *querylog.Log // of slow questions, which the server keeps no record of

	described sync.Map // *pgconn.StatementDescription by the text of the statement
	shapes    atomic.Int64

	promotions *recall.Recall[[]catalog.Promoted]
}

// errURL does not say what is wrong, as the error of the library does: that quotes what it could not read, which may be part of a password.
var errURL = errors.New("the Postgres URL cannot be read: signs like / and % in a password must be escaped")

// Open returns a store on the database of a postgres:// URL, whose connections have the application name; there are enough of them for so many questions at once,
// each of which holds one. It does not connect: a server that is away shows in Ready and in each call. Now tells how long questions take.
func Open(ctx context.Context, url, application string, questions int, now func() time.Time) (*Store, error) {
	address, err := neturl.Parse(url)
	if err != nil {
		return nil, errURL
	}
	settings := address.Query()
	settings.Set("plan_cache_mode", "force_custom_plan") // a plan for any range and any list fits none
	address.RawQuery = settings.Encode()
	pool, err := pg.Open(ctx, address.String(), pg.Options{ApplicationName: application, MaxConns: int32(questions + events.SpareConnections)})
	if err != nil {
		return nil, err
	}
	return &Store{pool: pool, limits: events.DefaultQueryLimits(), log: querylog.New(leastSlow, now), now: now, promotions: recall.New[[]catalog.Promoted](now, catalog.PromotionsBelieved)}, nil
}

// leastSlow is how long a question takes of which it is remembered.
const leastSlow = 10 * time.Millisecond

// Limit sets what a question may take. It is called before the first one.
func (s *Store) Limit(limits events.QueryLimits) { s.limits = limits }

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
