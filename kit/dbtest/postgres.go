package dbtest

import (
	"context"
	"fmt"
	"io/fs"
	"testing"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
)

// Postgres returns the URL of a fresh database with the migration files of fs
// applied (NNNN_name.sql at its root) and recorded in the history table, so
// that a service finds it ready. It is cloned from a template that is made
// once per content of the files and server; a clone takes about 40 ms on an
// idle machine.
func Postgres(tb testing.TB, migrations fs.FS) string {
	tb.Helper()
	files, err := schema.Files(migrations)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	server := PostgresServer(tb)
	template, err := templates.ensure(tb.Context(), server, files)
	if err != nil {
		tb.Fatalf("dbtest: apply the migrations: %v", err)
	}
	return createPostgres(tb, server, template)
}

// EmptyPostgres returns the URL of a fresh database with nothing in it.
func EmptyPostgres(tb testing.TB) string {
	tb.Helper()
	return createPostgres(tb, PostgresServer(tb), "template0")
}

func createPostgres(tb testing.TB, server, template string) string {
	tb.Helper()
	name := Name(tb)
	// Copying files beats logging pages on a server without fsync.
	if err := execPostgres(tb.Context(), server, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY", name, template)); err != nil {
		tb.Fatalf("dbtest: create a database: %v", err)
	}
	url := withDatabase(tb, server, name)
	cleanup(tb, url, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		return execPostgres(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	return url
}

func execPostgres(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}
