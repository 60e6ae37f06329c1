package server

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/backfill"
	"devtrail.dev/services/migrations/internal/drift"
	"devtrail.dev/services/migrations/internal/gate"
	"devtrail.dev/services/migrations/internal/lease"
	"devtrail.dev/services/migrations/internal/ledger"
	"devtrail.dev/services/migrations/internal/plan"
	"devtrail.dev/services/migrations/internal/runner"
	"devtrail.dev/services/migrations/lint/postgres"
)

// rooms are what stands behind the desk. Those that work by themselves are started by run.
type rooms struct {
	pool      *pgxpool.Pool // to the ledger
	backfills *backfill.Keeper
	databases *runner.Runner
	leases    *lease.Store
	log       *slog.Logger
}

// openRooms opens them; nothing is connected so far. The caller calls run and then close.
func openRooms(ctx context.Context, cfg *Config, targets []migrations.Target, registry prometheus.Registerer, logger *slog.Logger, now func() time.Time) (_ *rooms, err error) {
	r := &rooms{log: logger}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if r.pool, err = openLedger(ctx, cfg); err != nil {
		return nil, err
	}
	r.leases = lease.New(r.pool)
	r.backfills, err = backfill.New(ctx, backfill.Deps{
		ClickHouseURL: cfg.ClickHouseURL, Logger: logger, Now: now, PostgresURL: cfg.PostgresURL, Targets: targets,
	}, backfill.Config{Cluster: cfg.ClickHouseCluster})
	if err != nil {
		return nil, err
	}
	store := ledger.New(r.pool)
	r.databases, err = runner.Open(ctx, targets, runner.Deps{
		Backfills:     r.backfills,
		ClickHouseURL: cfg.ClickHouseURL,
		Drift:         drift.New(drift.Deps{ClickHouseURL: cfg.ClickHouseURL, Cluster: cfg.ClickHouseCluster, PostgresURL: cfg.PostgresURL}),
		Drifted:       driftGauge(registry),
		Gates: gate.New(gate.Deps{
			ClickHouseURL: cfg.ClickHouseURL, Cluster: cfg.ClickHouseCluster, Leases: r.leases, Ledger: r.pool, PostgresURL: cfg.PostgresURL, Standbys: cfg.Standbys,
		}),
		Ledger:      store,
		Logger:      logger,
		Now:         now,
		Overrides:   store,
		Planner:     plan.New(plan.Deps{ClickHouseURL: cfg.ClickHouseURL, PostgresURL: cfg.PostgresURL}),
		PostgresURL: cfg.PostgresURL,
	}, cfg.runner(ctx, logger))
	return r, err
}

// run works until ctx ends.
func (r *rooms) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.databases.Run(ctx) })
	group.Go(func() error { return r.backfills.Run(ctx) })
	group.Go(func() error { return r.leases.Run(ctx, r.log) })
	group.Go(func() error {
		// The first parse compiles the parser, which takes a second; a call should not wait for it.
		postgres.Warm()
		return nil
	})
	return group.Wait()
}

// close closes what was opened, in the reverse order.
func (r *rooms) close() {
	if r.databases != nil {
		r.databases.Close()
	}
	if r.backfills != nil {
		r.backfills.Close()
	}
	if r.pool != nil {
		r.pool.Close()
	}
}

// openLedger opens the pool to the ledger database, which need not exist yet.
func openLedger(ctx context.Context, cfg *Config) (*pgxpool.Pool, error) {
	u, err := url.Parse(cfg.PostgresURL)
	if err != nil {
		return nil, errors.New("MIGRATIONS_POSTGRES_URL is not a URL")
	}
	u.Path = "/" + cfg.DatabasePrefix + migrations.Ledger
	return pg.Open(ctx, u.String(), pg.Options{ApplicationName: migrations.Application + " ledger", MaxConns: 6})
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
