package runner

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// SQLSTATEs on which the runner acts.
const (
	codeDatabaseExists    = "42P04"
	codeDeadlock          = "40P01"
	codeInTransaction     = "25001"
	codeInvalidParameter  = "22023"
	codeCanceled          = "57014"
	codeLockTimeout       = "55P03"
	codeSourceInUse       = "55006"
	codeUndefinedDatabase = "3D000"
	codeUndefinedObject   = "42704"
	codeUndefinedTable    = "42P01"
	codeUniqueViolation   = "23505"
)

// connectPostgres opens one direct connection to a database of the server. Pools are not used where locks and settings of the session matter.
func connectPostgres(ctx context.Context, serverURL, database, application string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(serverURL)
	if err != nil {
		return nil, fmt.Errorf("parse the server URL: %w", err)
	}
	if database != "" {
		cfg.Database = database
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	cfg.RuntimeParams["application_name"] = application[:min(len(application), 63)]
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	// A statement of ours must not go on in the server when we stop: the next holder of the lock would meet it.
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: 2 * time.Second}
	}
	// The same for a process that was killed. Not every version and platform of the server can do it; then the statement timeout ends the statement.
	const checkInterval = "client_connection_check_interval"
	cfg.RuntimeParams[checkInterval] = "1000"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if code := pg.Code(err); code == codeInvalidParameter || code == codeUndefinedObject {
		delete(cfg.RuntimeParams, checkInterval)
		conn, err = pgx.ConnectConfig(ctx, cfg)
	}
	return conn, away(err)
}

// closeConn gives the server a moment to hear it, also when ctx has ended.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = conn.Close(last)
}

// createPostgres creates the database when it is missing. CREATE DATABASE knows no IF NOT EXISTS, and another starter may be doing it now.
func createPostgres(ctx context.Context, serverURL, database string) error {
	if err := migrations.CheckDatabaseName(database); err != nil {
		return err
	}
	conn, err := connectPostgres(ctx, serverURL, "", migrations.Application)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for {
		var exists bool
		if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&exists); err != nil {
			return away(err)
		}
		if exists {
			return nil
		}
		// template0 is connected to by nobody and holds nothing that a site has added to template1.
		_, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()+" TEMPLATE template0 ENCODING 'UTF8'")
		switch pg.Code(err) {
		case codeDatabaseExists, codeUniqueViolation, codeSourceInUse:
			if err := pause.For(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		default:
			return away(err)
		}
	}
}

// databaseURL is the server's URL with another database.
func databaseURL(serverURL, database string) (string, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return "", errors.New("the server URL is not a URL")
	}
	u.Path = "/" + database
	return u.String(), nil
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
