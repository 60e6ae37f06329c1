// Package backfill moves rows in small steps beside the running suite, as the files in the folders of backfills declare it. It stands beside the request's
// path: it works from the start of the service to its end, and the desk (internal/rpc) asks it how the work stands and stops or resumes it.
//
// On Postgres a step is a batch of rows by the primary key; it commits together with its checkpoint, so that every row is gone through exactly once
// whatever is killed when. On ClickHouse, which has no such transaction, a step is a partition and is safe to repeat.
package backfill

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Deps has what a Keeper works with.
type Deps struct {
	// ClickHouseURL is the address of a server; empty when no target needs it.
	ClickHouseURL string
	Logger        *slog.Logger
	Now           func() time.Time
	// PostgresURL is the address of the server itself, not of a pooler: advisory locks get lost behind one.
	PostgresURL string
	// Targets are the databases; the ledger, in which the locks are, is one of them.
	Targets []migrations.Target
}

// Config has what may be chosen. The zero value of every field works.
type Config struct {
	// Cluster is the name of a cluster in system.clusters on whose hosts the ClickHouse databases are; empty: the server of the URL is alone.
	Cluster string
	// LockTimeout ends the wait of a batch for a row or a table; 1 s when zero.
	LockTimeout time.Duration
	// MaxLag is the replay lag of a replica above which the work waits; 5 s when zero.
	MaxLag time.Duration
	// MaxRowWaiters is how many sessions may wait for rows of the table while the work goes on; 4 when zero. While any session waits for the
	// table itself, it does not.
	MaxRowWaiters int
	// Observe, when not nil, is told each step before it is taken or after it was.
	Observe func(Step)
	// Poll is the time between two looks at what is waited for; 200 ms when zero.
	Poll time.Duration
	// Recheck is how often a backfill that is not done is looked at again; 2 s when zero.
	Recheck time.Duration
	// Retry is the first wait after a failure that may pass, which doubles up to 30 times as much; 200 ms when zero.
	Retry time.Duration
	// StatementTimeout ends a statement of a batch; 30 s when zero.
	StatementTimeout time.Duration
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&c.LockTimeout, time.Second)
	set(&c.MaxLag, 5*time.Second)
	set(&c.Poll, 200*time.Millisecond)
	set(&c.Recheck, 2*time.Second)
	set(&c.Retry, 200*time.Millisecond)
	set(&c.StatementTimeout, 30*time.Second)
	if c.MaxRowWaiters == 0 {
		c.MaxRowWaiters = 4
	}
	if c.Observe == nil {
		c.Observe = func(Step) {}
	}
	return c
}

// engine is what the two kinds of databases do each in their own way.
type engine interface {
	// read returns how a backfill stands. A database that is not there yet is no error.
	read(ctx context.Context, d *declared) (migrations.Backfill, error)
	// move changes the state when it is one of from, and reports whether it was. A backfill that has not begun is running.
	move(ctx context.Context, d *declared, from []migrations.BackfillState, to migrations.BackfillState) (bool, error)
	// fail writes that the work stopped with an error that will not pass.
	fail(ctx context.Context, d *declared, message string) error
	// work goes on at the checkpoint until all is done or an operator stopped it; it returns nil then.
	work(ctx context.Context, j *job) error
	close()
}

// declared is a backfill of a database of this installation.
type declared struct {
	schema.Backfill
	target    migrations.Target
	engine    engine
	statement string
	// wake ends the wait between two looks.
	wake chan struct{}
}

// Keeper does what is declared. It is safe for concurrent use.
type Keeper struct {
	board   *board
	cfg     Config
	engines []engine
	list    []*declared
	locker  locker
	log     *slog.Logger
	now     func() time.Time
}

// New reads the declarations of the targets. It does not connect. The caller calls Run and then Close.
func New(ctx context.Context, deps Deps, cfg Config) (*Keeper, error) {
	k := &Keeper{board: newBoard(), cfg: cfg.withDefaults(), log: deps.Logger, now: deps.Now}
	for _, t := range deps.Targets {
		if t.Name == migrations.Ledger {
			k.locker = locker{serverURL: deps.PostgresURL, database: t.Database}
		}
		if err := k.open(ctx, t, deps); err != nil {
			k.Close()
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	if k.locker.database == "" {
		k.Close()
		return nil, errors.New("the targets have no ledger, in which the locks are")
	}
	return k, nil
}

func (k *Keeper) open(ctx context.Context, t migrations.Target, deps Deps) error {
	list, err := schema.Backfills(t.Files)
	if err != nil || len(list) == 0 {
		return err
	}
	var e engine
	if t.Engine == migrations.ClickHouse {
		e, err = openClickHouse(deps.ClickHouseURL, t, k.cfg.Cluster)
	} else {
		e, err = openPostgres(ctx, deps.PostgresURL, t)
	}
	if err != nil {
		return err
	}
	k.engines = append(k.engines, e)
	for _, b := range list {
		statement, err := statementOf(b, t.Engine)
		if err != nil {
			return fmt.Errorf("backfill %q: %w", b.Name, err)
		}
		d := &declared{Backfill: b, target: t, engine: e, statement: statement, wake: make(chan struct{}, 1)}
		k.list = append(k.list, d)
		k.board.add(d)
	}
	return nil
}

// Run works until ctx ends; it returns nil then.
func (k *Keeper) Run(ctx context.Context) error {
	var owned sync.WaitGroup
	for _, d := range k.list {
		owned.Go(func() { k.keep(ctx, d) })
	}
	owned.Wait()
	<-ctx.Done()
	k.board.close()
	return nil
}

// Close closes the connections. Run must have returned.
func (k *Keeper) Close() {
	for _, e := range k.engines {
		e.close()
	}
}

func (k *Keeper) find(database, name string) (*declared, error) {
	for _, d := range k.list {
		if d.target.Name == database && d.Name == name {
			return d, nil
		}
	}
	return nil, migrations.ErrBackfillNotFound.With("database %q has no backfill %q", database, name)
}

func (d *declared) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
