// Package runner brings the databases to the newest file of the build and keeps watching them. It stands beside the request's path: it runs from the start
// of the service to its end, and the desk (internal/rpc) reads what it found.
package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// Config has what may be chosen. The zero value of every field works.
type Config struct {
	// Build is written to the history of every database; "unknown" when empty.
	Build string
	// DDLTimeout, DataTimeout and LongTimeout end a statement that changes definitions, one that moves rows, and one that
	// reads a whole table by design (concurrent index builds, VALIDATE, VACUUM). 5 s, 1 min and 1 h when zero.
	DDLTimeout, DataTimeout, LongTimeout time.Duration
	// LockBudget ends the repetitions of one run after lock timeouts; 1 min when zero.
	LockBudget time.Duration
	// LockTimeout ends a wait for a table lock, so that the queue behind it is short; 2 s when zero.
	LockTimeout time.Duration
	// Observe, when not nil, is told each step before it is taken or after it was.
	Observe func(Step)
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
}

// database is one target with its engine and files.
type database struct {
	migrations.Target
	engine engine
	files  []schema.File
}

// Runner applies and watches.
type Runner struct {
	cfg       Config
	board     *board
	databases []*database
	ledger    Ledger
	locker    locker
	log       *slog.Logger
	now       func() time.Time
}

// Run applies what is pending, repeats what failed, and watches until ctx ends. It returns nil then.
// The databases go on side by side, each at its own pace, after the first look at the ledger.
func (r *Runner) Run(ctx context.Context) error {
	var owned sync.WaitGroup
	looked := make(chan struct{})
	once := sync.OnceFunc(func() { close(looked) })
	for _, d := range r.databases {
		owned.Go(func() {
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

// keep brings one database to the head and looks after it until ctx ends.
func (r *Runner) keep(ctx context.Context, d *database, after func(error)) {
	failures := backoff{first: r.cfg.Retry, most: 30 * r.cfg.Retry}
	for {
		err := r.attempt(ctx, d)
		if ctx.Err() != nil {
			return
		}
		after(err)
		wait := r.cfg.Recheck
		switch {
		case err == nil, errors.Is(err, errRefused):
			failures.reset()
		case errors.Is(err, migrations.ErrServerAway):
			// A server that comes back should be met soon; a look costs it nothing.
			wait = min(failures.next(), r.cfg.Retry)
		default:
			wait = failures.next()
		}
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// attempt looks at one database, applies what is pending and says on the board how it stands.
func (r *Runner) attempt(ctx context.Context, d *database) error {
	pending, err := r.look(ctx, d)
	if err == nil && len(pending) > 0 {
		err = r.run(ctx, d)
	}
	if err != nil && ctx.Err() == nil {
		r.fail(ctx, d, err)
	}
	return err
}

// look reads the history, shows the status and returns what is pending.
func (r *Runner) look(ctx context.Context, d *database) ([]schema.File, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	applied, err := d.engine.applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	pending, err := plan(applied, d.files)
	if err != nil {
		r.board.change(d.Name, func(s *migrations.Status) { s.Version, s.Pending = newest(applied), names(pending) })
		return nil, err
	}
	r.board.change(d.Name, func(s *migrations.Status) {
		s.Version, s.Pending = newest(applied), names(pending)
		if len(pending) == 0 {
			s.State, s.Message = migrations.Ready, ""
		} else {
			s.State = migrations.Applying
		}
	})
	return pending, nil
}

// run takes the lock, looks again, since another instance may have been first, and applies.
func (r *Runner) run(ctx context.Context, d *database) error {
	say := func(message string) {
		changed := r.board.change(d.Name, func(s *migrations.Status) { s.Message = message })
		if changed && message != "" {
			r.log.InfoContext(ctx, "migration waits", "database", d.Name, "reason", message)
		}
	}
	lock, err := r.locker.lock(ctx, d.Name, say)
	if err != nil {
		return fmt.Errorf("take the lock: %w", err)
	}
	defer lock.release()
	if err := d.engine.create(ctx); err != nil {
		return fmt.Errorf("create database %q: %w", d.Database, err)
	}
	pending, err := r.look(ctx, d)
	if err != nil || len(pending) == 0 {
		return err
	}
	say("")
	r.cfg.Observe(Step{Database: d.Name, Phase: Begin})
	return r.record(ctx, d, func() error {
		err := d.engine.apply(ctx, request{
			lock: lock, files: pending, gate: passes, report: func(p migrations.Progress) { r.report(ctx, d, pending, p) },
		})
		if err != nil {
			return err
		}
		_, err = r.look(ctx, d)
		return err
	})
}

// report shows a step of an engine.
func (r *Runner) report(ctx context.Context, d *database, files []schema.File, p migrations.Progress) {
	switch p.Phase {
	case migrations.FileApplied:
		r.log.InfoContext(ctx, "migration applied", "database", d.Name, "file", p.File)
		r.board.change(d.Name, func(s *migrations.Status) {
			s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), func(name string) bool { return name == p.File })
			for _, f := range files {
				if f.Name == p.File {
					s.Version = max(s.Version, f.Version)
				}
			}
		})
	case migrations.WaitingForTable, migrations.Retrying:
		if r.board.change(d.Name, func(s *migrations.Status) { s.Message = p.Message }) {
			r.log.InfoContext(ctx, "migration waits", "database", d.Name, "reason", p.Message)
		}
	}
}

// record writes the run around work to the ledger.
func (r *Runner) record(ctx context.Context, d *database, work func() error) error {
	run := migrations.Run{
		ID: uuid.Must(uuid.NewV7()), Database: d.Name, Build: r.cfg.Build, StartedAt: r.now(),
		FromVersion: r.board.get(d.Name).Version, ToVersion: d.files[len(d.files)-1].Version, Outcome: migrations.Running,
	}
	// The first run of the ledger makes the table in which it is written.
	if d.Name != migrations.Ledger || run.FromVersion > 0 {
		r.note(ctx, r.ledger.Begin(ctx, run))
	}
	err := work()
	run.FinishedAt, run.Outcome = r.now(), migrations.Applied
	if err != nil {
		run.Outcome, run.Message = migrations.FailedRun, err.Error()
	}
	// What ended the run may be the end of ctx; the ledger is told all the same.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	r.note(ctx, r.ledger.Finish(last, run))
	return err
}

func (r *Runner) note(ctx context.Context, err error) {
	if err != nil {
		r.log.WarnContext(ctx, "run not written to the ledger", "error", err.Error())
	}
}

func (r *Runner) fail(ctx context.Context, d *database, err error) {
	state := migrations.Failed
	if errors.Is(err, errRefused) {
		state = migrations.Refused
	}
	changed := r.board.change(d.Name, func(s *migrations.Status) { s.State, s.Message = state, err.Error() })
	if changed {
		r.log.WarnContext(ctx, "migration stopped", "database", d.Name, "state", state.String(), "error", err.Error())
	}
}
