package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Deps has what a Runner works with.
type Deps struct {
	// ClickHouseURL is the address of a server and a user who may create databases; empty when no target needs it.
	ClickHouseURL string
	// Backfills, Drift, Gates and Planner may be nil in tests that do not need them: then a file that waits for a backfill and a contract file wait for ever,
	// and what needs the others fails.
	Backfills Backfills
	Drift     DriftChecker
	// Drifted, when not nil, is told how many differences the drift check at the start found in a database.
	Drifted   func(database string, differences int)
	Gates     Gatekeeper
	Ledger    Ledger
	Logger    *slog.Logger
	Now       func() time.Time
	Overrides Overrides
	Planner   Planner
	// PostgresURL is the address of a server and a user who may create databases. It must lead to the server itself:
	// advisory locks get lost behind a pooler that shares connections between transactions.
	PostgresURL string
}

// Open reads the files of the targets and makes a Runner. It does not connect. The caller calls Run and then Close.
func Open(ctx context.Context, targets []migrations.Target, deps Deps, cfg Config) (*Runner, error) {
	cfg = cfg.withDefaults()
	r := &Runner{cfg: cfg, deps: deps, log: deps.Logger, now: deps.Now}
	ledger := ""
	statuses := make([]migrations.Status, 0, len(targets))
	for _, t := range targets {
		d, err := openDatabase(ctx, t, deps, cfg)
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		r.databases = append(r.databases, d)
		if t.Name == migrations.Ledger {
			ledger = t.Database
		}
		statuses = append(statuses, migrations.Status{
			Database: t.Name, Engine: t.Engine, TargetVersion: d.files[len(d.files)-1].Version, Pending: names(d.files),
		})
	}
	if ledger == "" {
		r.Close()
		return nil, errors.New("the targets have no ledger, in which the locks are")
	}
	r.board = newBoard(statuses)
	r.locker = &advisoryLocker{serverURL: deps.PostgresURL, database: ledger, build: cfg.Build, observe: cfg.Observe}
	return r, nil
}

func openDatabase(ctx context.Context, t migrations.Target, deps Deps, cfg Config) (*database, error) {
	if err := migrations.CheckDatabaseName(t.Database); err != nil {
		return nil, err
	}
	files, err := schema.Files(t.Files)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("it has no migration files")
	}
	if err := check(files, t.Engine); err != nil {
		return nil, err
	}
	d := &database{Target: t, files: files, orders: newOrders(), background: newOrders()}
	switch t.Engine {
	case migrations.Postgres:
		d.engine, err = openPostgres(ctx, deps.PostgresURL, t, cfg, deps.Now)
	case migrations.ClickHouse:
		d.engine, err = openClickHouse(deps.ClickHouseURL, t, cfg, deps.Now)
	default:
		err = fmt.Errorf("engine %d is not known", t.Engine)
	}
	return d, err
}
