// Package runner brings the databases to the newest file of the build and keeps watching them. It stands beside the request's path: it runs from the start
// of the service to its end, and the desk (internal/rpc) reads what it found.
package runner

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Config has what may be chosen. The zero value of every field works.
type Config struct {
	// Build is written to the history of every database; "unknown" when empty.
	Build string
	// ClickHouseCluster is the name of a cluster in system.clusters, whose hosts all get the files of ClickHouse; empty: the server of the URL is alone.
	ClickHouseCluster string
	// DDLTimeout, DataTimeout and LongTimeout end a statement that changes definitions, one that moves rows, and one that
	// reads a whole table by design (concurrent index builds, VALIDATE, VACUUM). 5 s, 1 min and 1 h when zero.
	DDLTimeout, DataTimeout, LongTimeout time.Duration
	// LockBudget ends the repetitions of one run after lock timeouts; 1 min when zero.
	LockBudget time.Duration
	// LockTimeout ends a wait for a table lock, so that the queue behind it is short; 2 s when zero.
	LockTimeout time.Duration
	// Observe, when not nil, is told each step before it is taken or after it was.
	Observe func(Step)
	// Manual says that files are applied only when Apply is called.
	Manual bool
	// Recheck is how often a database that is ready or refused is looked at again; 5 s when zero.
	Recheck time.Duration
	// Retry is the first wait after a failure, which doubles up to 30 times as much; 500 ms when zero.
	Retry time.Duration
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	if c.Build == "" {
		c.Build = "unknown"
	}
	set(&c.DDLTimeout, 5*time.Second)
	set(&c.DataTimeout, time.Minute)
	set(&c.LongTimeout, time.Hour)
	set(&c.LockBudget, time.Minute)
	set(&c.LockTimeout, 2*time.Second)
	set(&c.Recheck, 5*time.Second)
	set(&c.Retry, 500*time.Millisecond)
	if c.Observe == nil {
		c.Observe = func(Step) {}
	}
	return c
}

// Ledger keeps the runs. An error of it never stops a run: it is logged.
type Ledger interface {
	// Begin writes that a run begins, and that earlier runs of the database which have no end were abandoned.
	// The caller holds the database's lock, so nobody else runs.
	Begin(ctx context.Context, run migrations.Run) error
	// Finish writes how a run ended, whether Begin was called or not.
	Finish(ctx context.Context, run migrations.Run) error
	// FirstRun returns the version to which the first run of a database was to bring it, while no run is known to have ended well; else 0.
	// That a run is not known to have ended well does not say that it has not.
	FirstRun(ctx context.Context, database string) (int64, error)
}

// database is one target with its engine and files.
type database struct {
	migrations.Target
	engine engine
	files  []schema.File
	// orders is for the loop that keeps the database, and background for the one that works aside of readiness.
	orders, background *orders
	lints              lintCache
	notes              notes
	// made says that this process has applied the first file.
	made atomic.Bool
}

// aside is the name of the second lock and of the runs of the background.
func (d *database) aside() string { return d.Name + " background" }

// Runner applies and watches.
type Runner struct {
	cfg       Config
	board     *board
	databases []*database
	deps      Deps
	locker    locker
	log       *slog.Logger
	now       func() time.Time
}

// Run applies what is pending, repeats what failed, and watches until ctx ends. It returns nil then.
// The databases go on side by side, each at its own pace, after the first look at the ledger; beside each goes what nobody waits for.
func (r *Runner) Run(ctx context.Context) error {
	var owned sync.WaitGroup
	looked := make(chan struct{})
	once := sync.OnceFunc(func() { close(looked) })
	for _, d := range r.databases {
		owned.Go(func() {
			defer d.orders.close()
			if d.Name != migrations.Ledger {
				select {
				case <-looked:
				case <-ctx.Done():
					return
				}
				r.keep(ctx, d, func(error) {})
				return
			}
			// While the server is away nobody can go on, since the locks are there. Any other trouble of the ledger is its own.
			r.keep(ctx, d, func(err error) {
				if !errors.Is(err, migrations.ErrServerAway) {
					once()
				}
			})
		})
		owned.Go(func() {
			defer d.background.close()
			r.keepBackground(ctx, d)
		})
	}
	owned.Wait()
	r.board.close()
	return nil
}

// Close closes the connections. Run must have returned.
func (r *Runner) Close() {
	for _, d := range r.databases {
		d.engine.close()
	}
}

func (r *Runner) find(name string) (*database, error) {
	for _, d := range r.databases {
		if d.Name == name {
			return d, nil
		}
	}
	return nil, migrations.ErrDatabaseNotFound.With("database %q not found", name)
}
