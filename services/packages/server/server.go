// Package server wires the packages service: settings, pool, store, the identity client, desk, door. cmd/packages and the suite's own supervisor run it.
package server

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/packages/internal/postgres"
	"devtrail.dev/services/packages/internal/rpc"
	packagesmigrations "devtrail.dev/services/packages/migrations"
)

// Run serves until ctx ends; then it drains and returns nil. It runs also while the database or identity is away or the schema is not there yet: its health
// is then NOT_SERVING with the reason, or organization keys get UNAVAILABLE. It returns an error for wrong settings or an address that is taken.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	cfg, err := env.Load(getenv, defaults())
	if err != nil {
		return err
	}
	now := time.Now
	logger := telemetry.Logger(stderr, cfg.LogLevel, "packages")
	logger.InfoContext(ctx, "settings", "settings", env.LogValue(cfg))

	instance := lease.New("packages")
	pool, err := pg.Open(ctx, cfg.DatabaseURL, pg.Options{ApplicationName: instance.ApplicationName()})
	if err != nil {
		return err
	}
	defer pool.Close()
	store := postgres.New(pool, now)

	own, err := cfg.Keys.Own()
	if err != nil {
		return err
	}
	identity, err := dial.New(cfg.IdentityAddress, dial.Options{Token: own, ServiceName: "packages"})
	if err != nil {
		return err
	}
	defer func() { _ = identity.Close() }()
	introspector := auth.NewIntrospector(identityv1.NewCredentialServiceClient(identity), now)

	door, err := serve.New("packages", cfg.Config, serve.Deps{
		Health:   store.Ready,
		Logger:   logger,
		Now:      now,
		Registry: prometheus.NewRegistry(),
		Verifier: auth.NewChain(cfg.Keys.Verifier(), introspector),
	})
	if err != nil {
		return err
	}
	defer door.Close()
	rpc.Register(door.GRPC(), store)
	keeper, err := openLease(cfg, instance, logger)
	if err != nil {
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	// The lease is kept until the last call is answered.
	serving, served := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return keeper.Run(serving) })
	group.Go(func() error {
		defer served()
		return door.Run(ctx)
	})
	return group.Wait()
}

// openLease makes the keeper of the lease on what this build uses of its database.
func openLease(cfg Config, instance lease.Instance, logger *slog.Logger) (*lease.Keeper, error) {
	need, err := lease.NeedOf("packages", packagesmigrations.FS, postgres.Reads())
	if err != nil {
		return nil, err
	}
	instance.Needs = []lease.Need{need}
	return lease.Open(cfg.MigrationsAddress, cfg.Keys, instance, logger)
}
