package drift

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/catalog"
	"devtrail.dev/services/migrations/internal/scratch"
)

type clickHouse struct{ url string }

func (c clickHouse) replay(ctx context.Context, files []schema.File) (_ catalog.Catalog, err error) {
	s, err := scratch.OpenClickHouse(ctx, c.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	if err := s.Replay(ctx, files); err != nil {
		return nil, err
	}
	return catalog.ClickHouse(ctx, s.Conn(), s.Name())
}

func (c clickHouse) live(ctx context.Context, database string) (_ live, err error) {
	opts, err := clickhouse.ParseDSN(c.url)
	if err != nil {
		return live{}, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	// The connection stays in the server's own database: a session in one that is missing is not survived by every server.
	conn, err := clickhouse.Open(opts)
	if err != nil {
		return live{}, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var l live
	if err := conn.QueryRow(ctx, "SELECT now64(6, 'UTC'), version()").Scan(&l.at, &l.version); err != nil {
		return live{}, err
	}
	l.catalog, err = catalog.ClickHouse(ctx, conn, database)
	return l, err
}
