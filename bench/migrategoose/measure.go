package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", on which goose stands
	"github.com/pressly/goose/v3"

	"devtrail.dev/services/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
	"devtrail.dev/services/migrations/server"
)

// files are as small as those of a service that is changed every day: tables, columns and indexes on small tables.
func files(n int) fstest.MapFS {
	fsys := fstest.MapFS{"0001_first.sql": {Data: []byte("-- +goose Up\nCREATE TABLE first_one (id bigint PRIMARY KEY);\n-- +goose Down\nDROP TABLE first_one;\n")}}
	for i := range n {
		table := fmt.Sprintf("t%d", i/4)
		text := map[int]string{
			0: "CREATE TABLE " + table + " (id bigint PRIMARY KEY, name text NOT NULL);",
			1: "ALTER TABLE " + table + " ADD COLUMN note text;",
			2: "ALTER TABLE " + table + " ALTER COLUMN name SET DEFAULT '';",
			3: "COMMENT ON TABLE " + table + " IS 'one of many';",
		}[i%4]
		fsys[fmt.Sprintf("%04d_change.sql", i+2)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text + "\n-- +goose Down\nSELECT 1;\n")}
	}
	return fsys
}

func measureOurs(ctx context.Context, server, prefix string, n int) (time.Duration, error) {
	defer drop(ctx, server, prefix+migrations.Ledger, prefix+"ours")
	if err := bring(ctx, server, prefix, files(0)); err != nil {
		return 0, err
	}
	start := time.Now()
	err := bring(ctx, server, prefix, files(n))
	return time.Since(start), err
}

func bring(ctx context.Context, postgresURL, prefix string, fsys fstest.MapFS) error {
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
	if err := up(ctx, address.String(), files(0)); err != nil {
		return 0, err
	}
	start := time.Now()
	err = up(ctx, address.String(), files(n))
	return time.Since(start), err
}

func up(ctx context.Context, address string, fsys fstest.MapFS) error {
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
