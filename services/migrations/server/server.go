// Package server wires the migrations service: settings, runner, desk and door. Both its own binary and the devtrail command start it.
package server

import (
	"context"
	"errors"
	"io"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/ledger"
	"devtrail.dev/services/migrations/internal/rpc"
	"devtrail.dev/services/migrations/internal/runner"
)

// Run serves until ctx ends. Databases that are away or refused do not end it: health says why.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	cfg, err := env.Load(getenv, defaults())
	if err != nil {
		return err
	}
	logger := telemetry.Logger(stderr, cfg.LogLevel, "migrations")
	logger.InfoContext(ctx, "settings", "settings", env.LogValue(cfg))

	runs, err := openLedger(ctx, &cfg)
	if err != nil {
		return err
	}
	defer runs.Close()
	databases, err := runner.Open(ctx, migrations.Targets(cfg.events(), cfg.DatabasePrefix), runner.Deps{
		ClickHouseURL: cfg.ClickHouseURL,
		Ledger:        ledger.New(runs),
		Logger:        logger,
		Now:           time.Now,
		PostgresURL:   cfg.PostgresURL,
	}, runner.Config{
		Build:             build(),
		ClickHouseCluster: cfg.ClickHouseCluster,
		DDLTimeout:        cfg.DDLTimeout,
		LockBudget:        cfg.LockBudget,
		LockTimeout:       cfg.LockTimeout,
		Observe: func(s runner.Step) {
			logger.DebugContext(ctx, "migration step", "database", s.Database, "file", s.File, "statement", s.Statement, "phase", string(s.Phase))
		},
	})
	if err != nil {
		return err
	}
	defer databases.Close()

	verifier, closeVerifier, err := openVerifier(&cfg)
	if err != nil {
		return err
	}
	defer closeVerifier()
	door, err := serve.New("migrations", cfg.Serve, serve.Deps{
		Build:    build(),
		Health:   func(context.Context) error { return migrations.Health(databases.Status()) },
		Logger:   logger,
		Registry: prometheus.NewRegistry(),
		Verifier: verifier,
	})
	if err != nil {
		return err
	}
	migrationsv1.RegisterMigrationServiceServer(door.GRPC(), rpc.NewMigrationServer(databases))

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return databases.Run(ctx) })
	group.Go(func() error { return door.Run(ctx) })
	return group.Wait()
}

// openLedger opens the pool to the ledger database, which need not exist yet.
func openLedger(ctx context.Context, cfg *Config) (*pgxpool.Pool, error) {
	u, err := url.Parse(cfg.PostgresURL)
	if err != nil {
		return nil, errors.New("MIGRATIONS_POSTGRES_URL is not a URL")
	}
	u.Path = "/" + cfg.DatabasePrefix + migrations.Ledger
	return pg.Open(ctx, u.String(), pg.Options{ApplicationName: "devtrail-migrations ledger", MaxConns: 2})
}

// openVerifier knows the keys of the operator and of services by itself, and asks identity about those of organizations when it is told where.
func openVerifier(cfg *Config) (auth.Verifier, func(), error) {
	static := cfg.Keys.Verifier()
	if cfg.IdentityAddress == "" {
		return auth.NewChain(static), func() {}, nil
	}
	own, err := cfg.Keys.Own()
	if err != nil {
		return nil, nil, err
	}
	conn, err := dial.New(cfg.IdentityAddress, dial.Options{ServiceName: "migrations", Token: own})
	if err != nil {
		return nil, nil, err
	}
	introspector := auth.NewIntrospector(identityv1.NewCredentialServiceClient(conn), time.Now)
	return auth.NewChain(static, introspector), func() { _ = conn.Close() }, nil
}

// build names the build in logs and in the history: the revision when it is known.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return info.Main.Version
}
