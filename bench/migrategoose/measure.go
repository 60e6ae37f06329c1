package main

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", on which goose stands
	"github.com/pressly/goose/v3"

	"devtrail.dev/services/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
	"devtrail.dev/services/migrations/server"
)

// write puts the files of a service into the folder: the first, and n as small as those of every day.
func write(dir string, n int) error {
	text := func(up, down string) []byte {
		return []byte("-- +goose Up\n" + up + "\n-- +goose Down\n" + down + "\n")
	}
	err := os.WriteFile(filepath.Join(dir, "0001_first.sql"), text("CREATE TABLE first_one (id bigint PRIMARY KEY);", "DROP TABLE first_one;"), 0o600)
	for i := 0; i < n && err == nil; i++ {
		table := fmt.Sprintf("t%d", i/4)
		up := []string{
			"CREATE TABLE " + table + " (id bigint PRIMARY KEY, name text NOT NULL);",
			"ALTER TABLE " + table + " ADD COLUMN note text;",
			"ALTER TABLE " + table + " ALTER COLUMN name SET DEFAULT '';",
			"COMMENT ON TABLE " + table + " IS 'one of many';",
		}[i%4]
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d_change.sql", i+2)), text(up, "SELECT 1;"), 0o600)
	}
	return err
}

// twice calls apply with the first file alone and then with n more, which is the time that counts.
func twice(n int, apply func(fs.FS) error) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "migrategoose")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := write(dir, 0); err != nil {
		return 0, err
	}
	if err := apply(os.DirFS(dir)); err != nil {
		return 0, err
	}
	if err := write(dir, n); err != nil {
		return 0, err
	}
	start := time.Now()
	err = apply(os.DirFS(dir))
	return time.Since(start), err
}

func measureOurs(ctx context.Context, server, prefix string, n int) (time.Duration, error) {
	defer drop(ctx, server, prefix+migrations.Ledger, prefix+"ours")
	return twice(n, func(fsys fs.FS) error { return bring(ctx, server, prefix, fsys) })
}

func bring(ctx context.Context, postgresURL, prefix string, fsys fs.FS) error {
	return server.Bring(ctx, postgresURL, time.Second, []migrations.Target{
		{Name: migrations.Ledger, Database: prefix + migrations.Ledger, Engine: migrations.Postgres, Owner: "migrations", Files: ledgermigrations.FS},
		{Name: "ours", Database: prefix + "ours", Engine: migrations.Postgres, Owner: "bench", Files: fsys},
	}, slog.New(slog.DiscardHandler))
}

func measureGoose(ctx context.Context, server, prefix string, n int) (time.Duration, error) {
	name := prefix + "goose"
	defer drop(ctx, server, name)
	if err := onServer(ctx, server, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0"); err != nil {
		return 0, err
	}
	address, err := url.Parse(server)
	if err != nil {
		return 0, err
	}
	address.Path = "/" + name
	return twice(n, func(fsys fs.FS) error { return up(ctx, address.String(), fsys) })
}

func up(ctx context.Context, address string, fsys fs.FS) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, fsys)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// drop is for databases of this run, whose end is not part of it.
func drop(ctx context.Context, server string, names ...string) {
	for _, name := range names {
		_ = onServer(context.WithoutCancel(ctx), server, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	}
}

func onServer(ctx context.Context, server, statement string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}
