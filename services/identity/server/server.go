// Package server wires the identity service: settings, pool, stores, desk, door. cmd/identity and the suite's own supervisor run it.
package server

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	"devtrail.dev/services/identity/internal/credentials"
	"devtrail.dev/services/identity/internal/feed"
	"devtrail.dev/services/identity/internal/postgres"
	"devtrail.dev/services/identity/internal/rpc"
	identitymigrations "devtrail.dev/services/identity/migrations"
)

// heartbeat is how long WatchIdentities is silent at most, as the contract says.
const heartbeat = time.Second

// Run serves until ctx ends; then it drains and returns nil. It runs also while the database is away or not migrated yet:
// its health is then NOT_SERVING with the reason. It returns an error for wrong settings or an address that is taken.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	cfg, err := env.Load(getenv, defaults())
	if err != nil {
		return err
	}
	now := time.Now
	logger := telemetry.Logger(stderr, cfg.LogLevel, "identity")
	logger.InfoContext(ctx, "settings", "settings", env.LogValue(cfg))

	instance := lease.New("identity")
	pool, err := pg.Open(ctx, cfg.DatabaseURL, pg.Options{ApplicationName: instance.ApplicationName()})
	if err != nil {
		return err
	}
	defer pool.Close()
	store := postgres.New(pool)
	notices := postgres.NewNotices(pool, logger)
	uses := credentials.NewUses(store.APIKeys.Touch, logger)
	judge := credentials.NewJudge(store.APIKeys, uses, now)
	first := newBootstrap(cfg, pool, store.Organizations, logger, now)

	door, err := serve.New("identity", cfg.Config, serve.Deps{
		Health:   first.Health,
		Logger:   logger,
		Now:      now,
		Registry: prometheus.NewRegistry(),
		Verifier: auth.NewChain(cfg.Keys.Verifier(), judge),
	})
	if err != nil {
		return err
	}
	defer door.Close()
	rpc.Register(door.GRPC(), rpc.Deps{
		Feed:  feed.New(store.Changes, notices, heartbeat),
		Judge: judge,
		Now:   now,
		Store: store,
	})

	keeper, err := openLease(&cfg, instance, logger)
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
	group.Go(func() error { return first.Run(ctx) })
	group.Go(func() error { return notices.Run(ctx) })
	group.Go(func() error { return uses.Run(ctx) })
	return group.Wait()
}

// openLease makes the keeper of the lease on what this build uses of its database.
func openLease(cfg *Config, instance lease.Instance, logger *slog.Logger) (*lease.Keeper, error) {
	need, err := lease.NeedOf("identity", identitymigrations.FS, postgres.Reads())
	if err != nil {
		return nil, err
	}
	instance.Needs = []lease.Need{need}
	return lease.Open(cfg.MigrationsAddress, cfg.Keys, instance, logger)
}
