package main

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
	"devtrail.dev/services/migrations/server"
)

// first makes the tables; all has the change behind it.
var (
	//go:embed files/0001_accounts.sql
	first embed.FS
	//go:embed files/*.sql
	all embed.FS
)

// change is one way to change the schema of the database.
type change func(ctx context.Context, serverURL, database string, lockTimeout time.Duration) error

// create makes the database and its tables by the runner, as a service has them when its next release comes.
func create(ctx context.Context, serverURL, database string, lockTimeout time.Duration) error {
	return apply(ctx, serverURL, database, lockTimeout, first)
}

// bring is the change by our runner.
func bring(ctx context.Context, serverURL, database string, lockTimeout time.Duration) error {
	return apply(ctx, serverURL, database, lockTimeout, all)
}

func apply(ctx context.Context, serverURL, database string, lockTimeout time.Duration, from embed.FS) error {
	files, err := fs.Sub(from, "files")
	if err != nil {
		return err
	}
	return server.Bring(ctx, serverURL, lockTimeout, []migrations.Target{
		{Name: migrations.Ledger, Database: migrations.Ledger, Engine: migrations.Postgres, Owner: "migrations", Files: ledgermigrations.FS},
		{Name: database, Database: database, Engine: migrations.Postgres, Owner: "bench", Files: files},
	}, slog.New(slog.DiscardHandler))
}

// alter is the same change as people write it who do not think of locks.
func alter(ctx context.Context, serverURL, database string, _ time.Duration) error {
	conn, err := connect(ctx, serverURL, database, naiveName)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, statement := range []string{
			"ALTER TABLE accounts ADD COLUMN note text",
			"CREATE INDEX accounts_by_owner ON accounts (owner_id)",
			"ALTER TABLE accounts ADD CONSTRAINT accounts_owner FOREIGN KEY (owner_id) REFERENCES owners (id)",
			"ALTER TABLE accounts ALTER COLUMN owner_id SET NOT NULL",
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
