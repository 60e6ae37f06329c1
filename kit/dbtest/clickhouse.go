package dbtest

import (
	"context"
	"io/fs"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
)

// ClickHouse returns the URL of a fresh database with the migration files of
// fs applied (NNNN_name.sql at its root, one statement a file) and recorded in
// the history table, so that a service finds it ready.
func ClickHouse(tb testing.TB, migrations fs.FS) string {
	tb.Helper()
	files, err := schema.Files(migrations)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	url := EmptyClickHouse(tb)
	err = withClickHouse(url, func(conn driver.Conn) error { return applyClickHouse(tb.Context(), conn, files) })
	if err != nil {
		tb.Fatalf("dbtest: apply the migrations: %v", err)
	}
	return url
}

// EmptyClickHouse returns the URL of a fresh database with nothing in it.
func EmptyClickHouse(tb testing.TB) string {
	tb.Helper()
	server := ClickHouseServer(tb)
	name := Name(tb)
	err := withClickHouse(server, func(conn driver.Conn) error {
		return conn.Exec(tb.Context(), "CREATE DATABASE "+name)
	})
	if err != nil {
		tb.Fatalf("dbtest: create a database: %v", err)
	}
	url := withDatabase(tb, server, name)
	cleanup(tb, url, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		return withClickHouse(server, func(conn driver.Conn) error {
			return conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" SYNC")
		})
	})
	return url
}

// withClickHouse opens a client for one task and closes it, pool and all.
func withClickHouse(url string, task func(driver.Conn) error) error {
	options, err := clickhouse.ParseDSN(url)
	if err != nil {
		return err
	}
	options.MaxOpenConns = 1
	conn, err := clickhouse.Open(options)
	if err != nil {
		return err
	}
	err = task(conn)
	if closeErr := conn.Close(); err == nil {
		err = closeErr
	}
	return err
}
