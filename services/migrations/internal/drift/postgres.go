package drift

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/catalog"
	"devtrail.dev/services/migrations/internal/scratch"
)

type postgres struct{ url string }

func (p postgres) replay(ctx context.Context, _ string, files []schema.File) (_ catalog.Catalog, err error) {
	s, err := scratch.OpenPostgres(ctx, p.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	if err := s.Replay(ctx, files); err != nil {
		return nil, err
	}
	return catalog.Postgres(ctx, s.Conn())
}

func (p postgres) live(ctx context.Context, database string) ([]live, error) {
	cfg, err := pgx.ParseConfig(p.url)
	if err != nil {
		return nil, fmt.Errorf("parse the Postgres URL: %w", err)
	}
	cfg.Database = database
	cfg.RuntimeParams["application_name"] = migrations.Application + " drift"
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["lock_timeout"] = "2000"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(last)
	}()
	var l live
	if err := conn.QueryRow(ctx, "SELECT clock_timestamp(), version()").Scan(&l.at, &l.version); err != nil {
		return nil, err
	}
	l.catalog, err = catalog.Postgres(ctx, conn)
	return []live{l}, err
}
