// Package server wires the migrations service: settings, runner, desk and door. Both its own binary and the devtrail command start it.
package server

import (
	"context"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/rpc"
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
	registry := prometheus.NewRegistry()
	behind, err := openRooms(ctx, cfg, targets, registry, logger, time.Now)
	if err != nil {
		return err
	}
	defer behind.close()

	verifier, closeVerifier, err := openVerifier(cfg)
	if err != nil {
		return err
	}
	defer closeVerifier()
	door, err := serve.New("migrations", cfg.Serve, serve.Deps{
		Build:    build(),
		Health:   func(context.Context) error { return migrations.Health(behind.databases.Status()) },
		Logger:   logger,
		Registry: registry,
		Verifier: verifier,
	})
	if err != nil {
		return err
	}
	defer door.Close()
	migrationsv1.RegisterMigrationServiceServer(door.GRPC(), rpc.NewMigrationServer(behind.databases))
	migrationsv1.RegisterBackfillServiceServer(door.GRPC(), rpc.NewBackfillServer(behind.backfills))
	migrationsv1.RegisterLeaseServiceServer(door.GRPC(), rpc.NewLeaseServer(behind.leases))

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return behind.run(ctx) })
	group.Go(func() error { return door.Run(ctx) })
	return group.Wait()
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
