// Package server wires the events service: settings, store, the identity client, desk, follower, the two doors. cmd/events and the suite's own supervisor run it.
package server

import (
	"context"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/telemetry"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/clickhouse"
	"devtrail.dev/services/events/internal/cohorts"
	"devtrail.dev/services/events/internal/folding"
	"devtrail.dev/services/events/internal/hook"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/observed"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/postgres"
	"devtrail.dev/services/events/internal/promoting"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/rpc"
	"devtrail.dev/services/events/internal/turns"
	"devtrail.dev/services/events/internal/web"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// Run serves until ctx ends; then it drains and returns nil. It runs also while the database or identity is away or the schema is not there yet: its health
// is then NOT_SERVING with the reason, or events get RETRY. It returns an error for wrong settings or an address that is taken.
func Run(ctx context.Context, getenv func(string) string, stderr io.Writer) error {
	return RunWith(ctx, getenv, stderr, Seams{})
}

// RunWith is Run with something between the service and what it rests on.
func RunWith(ctx context.Context, getenv func(string) string, stderr io.Writer, seams Seams) error {
	cfg, err := env.Load(getenv, defaults())
	if err != nil {
		return err
	}
	collectEarly(getenv)
	reserveHeap()
	now := time.Now
	logger := telemetry.Logger(stderr, cfg.LogLevel, "events")
	logger.InfoContext(ctx, "settings", "settings", env.LogValue(cfg))
	flush, err := telemetry.Tracing(ctx, "events")
	if err != nil {
		return err
	}
	defer func() { _ = flush(context.WithoutCancel(ctx)) }()

	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	over := graceOf(ctx, cfg.GracePeriod)
	registry := prometheus.NewRegistry()
	instance := lease.New("events")
	engine, need, err := openStore(ctx, cfg, instance, now)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	store, err := observed.New(seams.engine(engine), registry, now)
	if err != nil {
		return err
	}

	options, log, err := cfg.Ingest.options(ctx, over, doubtOf(engine), instanceName(cfg.Address), store.Blocks(), logger, seams.Disk)
	if err != nil {
		return err
	}
	if log != nil {
		defer func() { _ = log.Close() }()
	}

	own, err := cfg.Keys.Own()
	if err != nil {
		return err
	}
	identity, err := dial.New(cfg.IdentityAddress, dial.Options{Token: own, ServiceName: "events"})
	if err != nil {
		return err
	}
	defer func() { _ = identity.Close() }()
	// A connection has so many calls at once. Whose a key is must not wait for those that wait for an identity.
	admission, err := dial.New(cfg.IdentityAddress, dial.Options{Token: own, ServiceName: "events"})
	if err != nil {
		return err
	}
	defer func() { _ = admission.Close() }()
	verifier := auth.NewChain(cfg.Keys.Verifier(), auth.NewIntrospector(identityv1.NewCredentialServiceClient(admission), now))
	organizations := people.NewOrganizations(identityv1.NewOrganizationServiceClient(admission), now)
	options = append(options, ingest.WithOrganizations(organizations.Check))
	desk := rpc.New(store, identityv1.NewDeveloperServiceClient(identity), logger, now, options...)
	if cfg.Ingest.QueueDir != "" {
		if err := desk.Privacy.Beside(cfg.Ingest.QueueDir); err != nil {
			return err
		}
	}
	desk.Promoter.Allow(cfg.Promote.Limit)
	promotions := promoting.New(store, desk.Promoter, cfg.Promote, logger, now)
	elsewhere := func() bool { return desk.Intake.Ready() != nil } // who cannot ask the broker does not know; a log of its own is ready also while it is full
	folds := folding.New(store, cfg.Fold, elsewhere, logger, now)
	desk.Follower.Notify(folds.Wake)
	for _, measured := range []prometheus.Collector{desk.Intake, desk.Tail, folds} {
		if err := registry.Register(measured); err != nil {
			return err
		}
	}

	taken := intakeHealth(log, store)
	door, err := serve.New("events", cfg.Config, serve.Deps{
		Apart:    serve.Apart{Services: rpc.IntakeServices(), Health: taken},
		Foreign:  rpc.LogsRules(),
		Health:   store.Ready,
		Logger:   logger,
		Now:      now,
		Registry: registry,
		Verifier: verifier,
	})
	if err != nil {
		return err
	}
	defer door.Close()
	asked := turns.New(cfg.Questions)
	computed := cohorts.New(cfg.Cohorts, store, desk.ComputeCohort, asked.Take, logger, now)
	desk.Register(asked.Guard(door.GRPC(), []string{"StreamExposure"}, eventsv1.CatalogService_ServiceDesc.ServiceName, eventsv1.EventService_ServiceDesc.ServiceName, eventsv1.InsightService_ServiceDesc.ServiceName))
	rpc.NewLogs(desk.Intake, now).Register(door.GRPC())
	cfg.HTTP.GracePeriod = cfg.GracePeriod
	hooks, err := openHooks(cfg.HooksFile, hook.Deps{Intake: desk.Intake, Logger: logger, Now: now, Registry: registry})
	if err != nil {
		return err
	}
	httpDoor, err := web.New(cfg.HTTP, web.Deps{
		Health:   taken,
		Hooks:    hooks,
		Intake:   desk.Intake,
		Logger:   logger,
		Now:      now,
		Registry: registry,
		Verifier: verifier,
	})
	if err != nil {
		return err
	}

	instance.Needs = []lease.Need{need}
	keeper, err := lease.Open(cfg.MigrationsAddress, cfg.Keys, instance, logger)
	if err != nil {
		return err
	}

	running, following := errgroup.WithContext(ctx)
	following, stop := context.WithCancel(following)
	// The lease is kept until the last call is answered and the last event is stored.
	serving, served := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() error { return keeper.Run(serving) })
	running.Go(func() error { return desk.Follower.Run(following) })
	running.Go(func() error { return desk.Joiner.Run(following, logger) })
	running.Go(func() error { return desk.Learner.Run(following) })
	running.Go(func() error { return folds.Run(following) })
	running.Go(func() error { return computed.Run(following) })
	running.Go(func() error { return promotions.Run(following) })
	running.Go(func() error { return desk.Privacy.Run(serving) })
	// Events are taken until the doors are closed, and drained after.
	taking, shut := context.WithCancel(context.WithoutCancel(ctx))
	running.Go(func() error {
		defer served()
		err := desk.Intake.Run(taking)
		end(err)
		return err
	})
	running.Go(func() error {
		defer shut()
		defer stop()
		defer end(nil)
		doors, ctx := errgroup.WithContext(ctx)
		doors.Go(func() error { return door.Run(ctx) })
		doors.Go(func() error { return httpDoor.Run(ctx) })
		return doors.Wait()
	})
	return running.Wait()
}

// intakeHealth is nil while events are taken in here: with a log also while the database is away, without one as long as the database is there.
func intakeHealth(log queue.Queue, store insight.Engine) func(context.Context) error {
	if log == nil {
		return store.Ready
	}
	return func(context.Context) error { return log.Ready() }
}

// doubtOf is what an engine is told when this process takes the log over from another, which may have left a block there by half; nil where a block is never.
func doubtOf(engine insight.Engine) func() {
	if s, may := engine.(*clickhouse.Store); may {
		return s.Doubt
	}
	return nil
}

// graceOf is closed when most of the grace period since the begin of a stop is gone, which the doors and the intake share. The rest of it is for the answers to
// those whose events are given up, and for handing the log over.
func graceOf(ctx context.Context, grace time.Duration) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(grace-min(grace/2, time.Second), func() { close(over) }) })
	return over
}

// openStore opens the engine that the settings name, and says what its SQL needs. It does not connect.
func openStore(ctx context.Context, cfg Config, instance lease.Instance, now func() time.Time) (insight.Engine, lease.Need, error) {
	const database = "analytics"
	if cfg.Store == storePostgres {
		need, err := lease.NeedOf(database, eventsmigrations.Postgres(), postgres.Reads())
		if err != nil {
			return nil, need, err
		}
		store, err := postgres.Open(ctx, cfg.PostgresURL, instance.ApplicationName(), cfg.Questions.Total, now)
		if err != nil {
			return nil, need, err
		}
		store.Limit(cfg.Query)
		return store, need, nil
	}
	need, err := lease.NeedOf(database, eventsmigrations.ClickHouse(), clickhouse.Reads())
	if err != nil {
		return nil, need, err
	}
	store, err := clickhouse.Open(cfg.ClickHouseURL, instance.ApplicationName(), cfg.Questions.Total, now)
	if err != nil {
		return nil, need, err
	}
	store.Limit(cfg.Query)
	return store, need, nil
}
