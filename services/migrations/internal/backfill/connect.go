package backfill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// connect opens a direct connection of its own: settings and locks of the session matter.
func connect(ctx context.Context, serverURL, database, name string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(serverURL)
	if err != nil {
		return nil, fmt.Errorf("parse the server URL: %w", err)
	}
	cfg.Database = database
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	name = migrations.Application + " " + name
	// Keys go through the checkpoint as text and must come back as what they were.
	for parameter, value := range map[string]string{
		"application_name": name[:min(len(name), 63)], "bytea_output": "hex", "client_connection_check_interval": "1000", "datestyle": "ISO, YMD",
		"extra_float_digits": "1", "idle_in_transaction_session_timeout": "60000", "intervalstyle": "postgres", "timezone": "UTC",
	} {
		cfg.RuntimeParams[parameter] = value
	}
	// A statement of ours must not go on in the server when we stop.
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 2 * time.Second}
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	// Not every version and platform of the server can look after a client that was killed; then the statement timeout ends the statement.
	if code := pg.Code(err); code == codeInvalidParameter || code == codeUndefinedObject {
		delete(cfg.RuntimeParams, "client_connection_check_interval")
		conn, err = pgx.ConnectConfig(ctx, cfg)
	}
	return conn, away(err)
}

// hangUp closes a connection, also when the context of its work has ended.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// away makes errors of a server that cannot be used now ErrServerAway, and leaves all others as they are.
func away(err error) error {
	if err == nil || errors.Is(err, migrations.ErrServerAway) {
		return err
	}
	if f := pg.Fault(err); errors.Is(f, fault.Unavailable) {
		return migrations.ErrServerAway.Wrap(err)
	}
	return err
}

// named is a table as it stands in SQL.
func named(table string) string { return pgx.Identifier(strings.Split(table, ".")).Sanitize() }
