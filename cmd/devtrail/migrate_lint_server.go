package main

import (
	"context"
	"fmt"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/migrations/lint"
	"devtrail.dev/services/migrations/lint/explain"
)

// askServer lets a server say what the text of the files does not. The returned function closes the connection; it is never nil.
func (f *lintFlags) askServer(ctx context.Context, opts *lint.Options) (func(), error) {
	switch engine := lint.Engine(f.engine); {
	case f.clickhouseURL != "" && engine != lint.ClickHouse:
		return func() {}, fmt.Errorf("--clickhouse-url is for --engine %s", lint.ClickHouse)
	case f.databaseURL != "" && engine != lint.Postgres:
		return func() {}, fmt.Errorf("--database-url is for --engine %s", lint.Postgres)
	case f.clickhouseURL != "":
		return askClickHouse(ctx, f.clickhouseURL, opts)
	case f.databaseURL != "":
		return askPostgres(ctx, f.databaseURL, opts)
	default:
		return func() {}, nil
	}
}

func askClickHouse(ctx context.Context, url string, opts *lint.Options) (func(), error) {
	settings, err := ch.ParseDSN(url)
	if err != nil {
		return func() {}, fmt.Errorf("--clickhouse-url: %w", err)
	}
	conn, err := ch.Open(settings)
	if err != nil {
		return func() {}, fmt.Errorf("connect to ClickHouse: %w", err)
	}
	opts.Explain = explain.ClickHouse(ctx, conn)
	return func() { _ = conn.Close() }, nil
}

func askPostgres(ctx context.Context, url string, opts *lint.Options) (func(), error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return func() {}, fmt.Errorf("connect to Postgres: %w", err)
	}
	opts.Estimate = explain.Postgres(ctx, conn)
	return func() { _ = conn.Close(context.WithoutCancel(ctx)) }, nil
}
