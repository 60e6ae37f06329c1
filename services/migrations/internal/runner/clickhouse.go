package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/chrunner"
)

// clickHouse is the engine of ClickHouse databases, whose work package chrunner does.
type clickHouse struct {
	cluster string
	engine  *chrunner.Engine
	server  driver.Conn // for questions that name no database
}

func openClickHouse(url string, t migrations.Target, cfg Config, now func() time.Time) (*clickHouse, error) {
	engine, err := chrunner.Open(url, t, chrunner.Config{
		Build:       cfg.Build,
		Cluster:     cfg.ClickHouseCluster,
		LongTimeout: cfg.LongTimeout,
		Observe: func(s chrunner.Step) {
			cfg.Observe(Step{Database: t.Name, File: s.File, Statement: s.Statement, Phase: Phase(s.Phase)})
		},
	}, now)
	if err != nil {
		return nil, err
	}
	server, err := openServer(url)
	if err != nil {
		engine.Close()
		return nil, err
	}
	return &clickHouse{cluster: cfg.ClickHouseCluster, engine: engine, server: server}, nil
}

// openServer makes a connection to the database of the URL, which is there. It does not connect.
func openServer(url string) (driver.Conn, error) {
	opts, err := clickhouse.ParseDSN(url)
	if err != nil {
		return nil, fmt.Errorf("parse the ClickHouse URL: %w", err)
	}
	opts.DialTimeout = 5 * time.Second
	opts.MaxOpenConns, opts.MaxIdleConns = 2, 1
	return clickhouse.Open(opts)
}

func (c *clickHouse) close() {
	_ = c.server.Close()
	c.engine.Close()
}

func (c *clickHouse) create(ctx context.Context) error { return c.engine.Create(ctx) }

func (c *clickHouse) applied(ctx context.Context) (map[int64]string, error) {
	return c.engine.Applied(ctx)
}

func (c *clickHouse) apply(ctx context.Context, req request) error {
	return c.engine.Apply(ctx, chrunner.Request{
		Actor: req.actor,
		Check: func(ctx context.Context) error {
			if err := req.gate(ctx); err != nil {
				return err
			}
			return req.lock.check(ctx)
		},
		Files:     req.files,
		Overrides: req.overrides,
		Report:    req.report,
	})
}

// applyBackground is apply: no statement of ClickHouse is held to a short time, since it takes no lock for which others wait.
func (c *clickHouse) applyBackground(ctx context.Context, req request) error {
	return c.apply(ctx, req)
}

func (c *clickHouse) baseline(ctx context.Context, lock held, files []schema.File, actor string) error {
	return c.engine.Baseline(ctx, chrunner.Request{Actor: actor, Check: lock.check, Files: files, Report: func(migrations.Progress) {}})
}

func (c *clickHouse) history(ctx context.Context, below int64, limit int) ([]migrations.Entry, error) {
	return c.engine.History(ctx, below, limit)
}
