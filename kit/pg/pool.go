// Package pg is Postgres for the services: opening a pool, transactions with retries, readiness by the schema
// history and the one translation of driver errors into faults. It stands between internal/postgres and the
// database.
package pg

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devtrail.dev/kit/pause"
)

// Options shape a pool.
type Options struct {
	ApplicationName string // shown in pg_stat_activity
	MaxConns        int32  // 0 means pool_max_conns of the URL, or 10
}

// defaults a URL may override; the timeouts of a session are milliseconds.
const (
	statementTimeout = "30000"
	idleInTxTimeout  = "60000"
	lockTimeout      = "10000"
	connectTimeout   = 3 * time.Second
	maxConns         = 10
	maxConnIdleTime  = 5 * time.Minute
)

// Open makes a pool. It does not connect: a server that is away makes calls fail with Unavailable, not Open.
// Sessions run in UTC, with timeouts for statements (30 s), locks (10 s) and idle transactions (60 s) unless the
// URL sets its own. What it says of the pool (pool_max_conns and the like) holds too, but for the number that opts demand.
func Open(ctx context.Context, url string, opts Options) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse the database URL: %w", err)
	}
	// pgxpool takes its own settings out of what it parses and fills in defaults, which are not ours.
	given, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse the database URL: %w", err)
	}
	if _, ok := given.RuntimeParams["pool_max_conns"]; !ok {
		cfg.MaxConns = maxConns
	}
	if opts.MaxConns > 0 {
		cfg.MaxConns = opts.MaxConns
	}
	if _, ok := given.RuntimeParams["pool_max_conn_idle_time"]; !ok {
		cfg.MaxConnIdleTime = maxConnIdleTime
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	params := cfg.ConnConfig.RuntimeParams
	params["timezone"] = "UTC"
	if opts.ApplicationName != "" {
		params["application_name"] = opts.ApplicationName
	}
	for name, value := range map[string]string{
		"statement_timeout":                   statementTimeout,
		"idle_in_transaction_session_timeout": idleInTxTimeout,
		"lock_timeout":                        lockTimeout,
	} {
		if _, ok := params[name]; !ok {
			params[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the pool: %w", err)
	}
	return pool, nil
}

// Beginner begins transactions: a pool or a connection.
type Beginner interface {
	BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error)
}

const attempts = 5

// InTx runs work in a read committed transaction and commits when it returns nil. A transaction that Postgres
// ended for the sake of another (serialization failure, deadlock) is run again, up to five times in all, so
// work must be repeatable. Driver errors come back as Fault makes them.
func InTx(ctx context.Context, db Beginner, work func(pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := pgx.BeginTxFunc(ctx, db, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, work)
		if err == nil {
			return nil
		}
		if attempt == attempts || !raced(err) {
			return Fault(err)
		}
		wait := time.Duration(attempt) * 5 * time.Millisecond
		if over := pause.For(ctx, wait+rand.N(wait)); over != nil {
			return errors.Join(over, err)
		}
	}
}

func raced(err error) bool {
	code := Code(err)
	return code == codeSerializationFailure || code == codeDeadlockDetected
}
