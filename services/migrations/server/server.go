// Package server wires the migrations service: settings, runner, desk and door. Both its own binary and the devtrail command start it.
package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
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
	"devtrail.dev/services/migrations/internal/drift"
	"devtrail.dev/services/migrations/internal/lease"
	"devtrail.dev/services/migrations/internal/ledger"
	"devtrail.dev/services/migrations/internal/plan"
	"devtrail.dev/services/migrations/internal/rpc"
	"devtrail.dev/services/migrations/internal/runner"
	"devtrail.dev/services/migrations/lint/postgres"
)

// Run serves until ctx ends. Databases that are away or refused do not end it: health says why.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	cfg, err := env.Load(getenv, defaults())
	if err != nil {
		return err
	}
	logger := telemetry.Logger(stderr, cfg.LogLevel, "migrations")
	logger.InfoContext(ctx, "settings", "settings", env.LogValue(cfg))
	return run(ctx, &cfg, migrations.Targets(cfg.events(), cfg.DatabasePrefix), logger)
}

// run serves the databases of the targets.
func run(ctx context.Context, cfg *Config, targets []migrations.Target, logger *slog.Logger) error {
	pool, err := openLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	registry := prometheus.NewRegistry()
	store, leases := ledger.New(pool), lease.New(pool)
	databases, err := runner.Open(ctx, targets, runner.Deps{
		ClickHouseURL: cfg.ClickHouseURL,
		Drift:         drift.New(drift.Deps{ClickHouseURL: cfg.ClickHouseURL, PostgresURL: cfg.PostgresURL}),
		Drifted:       driftGauge(registry),
		Ledger:        store,
		Logger:        logger,
		Now:           time.Now,
		Overrides:     store,
		Planner:       plan.New(plan.Deps{ClickHouseURL: cfg.ClickHouseURL, PostgresURL: cfg.PostgresURL}),
		PostgresURL:   cfg.PostgresURL,
	}, cfg.runner(ctx, logger))
	if err != nil {
		return err
	}
	defer databases.Close()

	verifier, closeVerifier, err := openVerifier(cfg)
	if err != nil {
		return err
	}
	defer closeVerifier()
	door, err := serve.New("migrations", cfg.Serve, serve.Deps{
		Build:    build(),
		Health:   func(context.Context) error { return migrations.Health(databases.Status()) },
		Logger:   logger,
		Registry: registry,
		Verifier: verifier,
	})
	if err != nil {
		return err
	}
	migrationsv1.RegisterMigrationServiceServer(door.GRPC(), rpc.NewMigrationServer(databases))
	migrationsv1.RegisterLeaseServiceServer(door.GRPC(), rpc.NewLeaseServer(leases))

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return databases.Run(ctx) })
	group.Go(func() error { return leases.Run(ctx, logger) })
	group.Go(func() error { return door.Run(ctx) })
	group.Go(func() error {
		// The first parse compiles the parser, which takes a second; a call should not wait for it.
		postgres.Warm()
		return nil
	})
	return group.Wait()
}

// driftGauge says how many differences the check at the start found.
func driftGauge(registry prometheus.Registerer) func(database string, differences int) {
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "devtrail_migrations_drift_differences",
		Help: "Differences between the live schema and the applied files, as found after the start.",
	}, []string{"database"})
	registry.MustRegister(gauge)
	return func(database string, differences int) { gauge.WithLabelValues(database).Set(float64(differences)) }
}

// openLedger opens the pool to the ledger database, which need not exist yet.
func openLedger(ctx context.Context, cfg *Config) (*pgxpool.Pool, error) {
	u, err := url.Parse(cfg.PostgresURL)
	if err != nil {
		return nil, errors.New("MIGRATIONS_POSTGRES_URL is not a URL")
	}
	u.Path = "/" + cfg.DatabasePrefix + migrations.Ledger
	return pg.Open(ctx, u.String(), pg.Options{ApplicationName: "devtrail-migrations ledger", MaxConns: 6})
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
