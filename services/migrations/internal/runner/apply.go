package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// keep brings one database to the head and looks after it until ctx ends.
func (r *Runner) keep(ctx context.Context, d *database, after func(error)) {
	failures := pause.Backoff{First: r.cfg.Retry, Most: 30 * r.cfg.Retry}
	for {
		one := d.orders.take()
		err := r.attempt(ctx, d, one)
		if ctx.Err() != nil {
			return
		}
		one.steps.end(reported(err))
		after(err)
		wait := r.cfg.Recheck
		switch {
		case err == nil, errors.Is(err, migrations.ErrRefused), errors.Is(err, migrations.ErrPlanStale):
			failures.Reset()
		case errors.Is(err, migrations.ErrServerAway):
			// A server that comes back should be met soon; a look costs it nothing.
			wait = min(failures.Next(), r.cfg.Retry)
		default:
			wait = failures.Next()
		}
		if d.orders.wait(ctx, wait) != nil {
			return
		}
	}
}

// attempt looks at one database, applies what may be applied and says on the board how it stands.
func (r *Runner) attempt(ctx context.Context, d *database, one *order) error {
	s, err := r.look(ctx, d)
	if err == nil {
		wanted := one.asked
		if !wanted {
			wanted, err = r.wanted(ctx, d, s)
		}
		if wanted && err == nil {
			err = r.run(ctx, d, one)
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, migrations.ErrPlanStale) {
		r.fail(ctx, d, err)
	}
	return err
}

// wanted reports whether the loop should run without being asked. Lint and gates are asked before the lock is, so that what is refused for days does not take it.
func (r *Runner) wanted(ctx context.Context, d *database, s standing) (bool, error) {
	if r.cfg.Manual {
		return false, nil
	}
	if len(s.pending) > 0 {
		overrides, err := r.overrides(ctx, d)
		if err != nil {
			return false, err
		}
		err = r.lint(ctx, d, s, overrides).refusal(s.pending)
		return err == nil, err
	}
	for _, f := range s.later {
		if f.Background {
			continue
		}
		if g, err := r.gate(ctx, d, s, f); err == nil && g.Passable() {
			return true, nil
		}
	}
	return false, nil
}

// read reads the history and, where it decides, the runs.
func (r *Runner) read(ctx context.Context, d *database) (standing, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	applied, err := d.engine.applied(ctx)
	if err != nil {
		return standing{}, fmt.Errorf("read the history: %w", err)
	}
	first := int64(0)
	if len(applied) < len(d.files) && d.Name != migrations.Ledger {
		if first, err = r.deps.Ledger.FirstRun(ctx, d.Name); err != nil {
			return standing{}, fmt.Errorf("read the runs: %w", away(err))
		}
	}
	s, err := stand(applied, d.files, first)
	if err == nil && len(applied) == 0 && first == 0 {
		err = r.checkEmpty(ctx, d)
	}
	return s, err
}

// look reads how a database stands and shows it.
func (r *Runner) look(ctx context.Context, d *database) (standing, error) {
	s, err := r.read(ctx, d)
	if err != nil && !errors.Is(err, migrations.ErrRefused) {
		return s, err
	}
	r.board.change(d.Name, func(status *migrations.Status) {
		status.Version, status.Pending, status.Waiting = newest(s.applied), names(s.pending), names(s.later)
		switch {
		case err != nil:
		case len(s.pending) == 0:
			status.State, status.Message = migrations.Ready, ""
		case status.State == migrations.Refused:
			// Until the files have been judged again.
		case !r.cfg.Manual:
			status.State = migrations.Applying
		case status.State != migrations.Failed:
			status.State, status.Message = migrations.Pending, "files wait for a call of ApplyDatabase"
		}
	})
	if err == nil && len(s.later) == 0 {
		r.noteLater(d, func(n *notes) { n.contracts, n.background = "", "" })
	}
	return s, err
}

// run takes the lock, looks again, since another instance may have been first, and applies.
func (r *Runner) run(ctx context.Context, d *database, one *order) error {
	lock, err := r.locker.lock(ctx, d.Name, func(message string) {
		r.report(ctx, d, migrations.Progress{Phase: migrations.WaitingForLock, Message: message})
	})
	if err != nil {
		return fmt.Errorf("take the lock: %w", err)
	}
	defer lock.release()
	s, err := r.look(ctx, d)
	if err != nil {
		return err
	}
	if err := r.fits(ctx, d, s, one.fingerprint); err != nil {
		return err
	}
	// Not before: an empty database is not the missing one of which the plan was made.
	if err := d.engine.create(ctx); err != nil {
		return fmt.Errorf("create database %q: %w", d.Database, err)
	}
	r.report(ctx, d, migrations.Progress{Phase: migrations.Checking})
	overrides, err := r.overrides(ctx, d)
	if err != nil {
		return err
	}
	req := request{
		lock: lock, fresh: s.fresh, actor: one.actor, overrides: overrides, gate: passes,
		report: func(p migrations.Progress) { r.report(ctx, d, p) },
	}
	if err := r.required(ctx, d, s, req); err != nil {
		return err
	}
	return r.contracts(ctx, d, req, one)
}

// fits refuses an attempt whose plan is not that of the database and its files any more.
func (r *Runner) fits(ctx context.Context, d *database, s standing, fingerprint string) error {
	if fingerprint == "" {
		return nil
	}
	if r.deps.Planner == nil {
		return migrations.ErrPlanStale.With("plans cannot be checked here")
	}
	now, err := r.deps.Planner.Fingerprint(ctx, d.Target, s.waiting())
	if err != nil {
		return fmt.Errorf("take the fingerprint: %w", err)
	}
	if now != fingerprint {
		return migrations.ErrPlanStale.With("the schema of %q, or the files that wait, changed after the plan was made: make a new one", d.Name)
	}
	return nil
}

// required applies the files for which the services wait.
func (r *Runner) required(ctx context.Context, d *database, s standing, req request) error {
	if len(s.pending) == 0 {
		return nil
	}
	if err := r.lint(ctx, d, s, req.overrides).refusal(s.pending); err != nil {
		return err
	}
	r.board.change(d.Name, func(status *migrations.Status) { status.State, status.Message = migrations.Applying, "" })
	r.cfg.Observe(Step{Database: d.Name, Phase: Begin})
	req.files = s.pending
	if len(s.applied) == 0 {
		d.made.Store(true)
	}
	return r.record(ctx, d, d.Name, func() error {
		if err := d.engine.apply(ctx, req); err != nil {
			return err
		}
		_, err := r.look(ctx, d)
		return err
	})
}

// report tells a step of an attempt to its readers, and what matters of it to the board.
func (r *Runner) report(ctx context.Context, d *database, p migrations.Progress) {
	p.Database = d.Name
	d.orders.add(p)
	switch p.Phase {
	case migrations.FileApplied:
		r.log.InfoContext(ctx, "migration applied", "database", d.Name, "file", p.File)
		r.applied(d, p.File)
	case migrations.WaitingForLock, migrations.WaitingForTable, migrations.Retrying:
		if r.board.change(d.Name, func(s *migrations.Status) {
			if s.State != migrations.Ready {
				s.Message = p.Message
			}
		}) {
			r.log.InfoContext(ctx, "migration waits", "database", d.Name, "reason", p.Message)
		}
	}
}

// applied shows that a file is.
func (r *Runner) applied(d *database, file string) {
	r.board.change(d.Name, func(s *migrations.Status) {
		others := func(list []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return name == file })
		}
		s.Pending, s.Waiting = others(s.Pending), others(s.Waiting)
		if i := slices.IndexFunc(d.files, func(f schema.File) bool { return f.Name == file }); i >= 0 {
			s.Version = max(s.Version, d.files[i].Version)
		}
	})
}

// record writes the run around work to the ledger, under the name.
func (r *Runner) record(ctx context.Context, d *database, name string, work func() error) error {
	from := r.board.get(d.Name).Version
	run := migrations.Run{
		ID: uuid.Must(uuid.NewV7()), Database: name, Build: r.cfg.Build, StartedAt: r.now(),
		FromVersion: from, ToVersion: max(from, d.files[len(d.files)-1].Version), Outcome: migrations.Running,
	}
	// The first run of the ledger makes the table in which it is written.
	if d.Name != migrations.Ledger || run.FromVersion > 0 {
		r.note(ctx, r.deps.Ledger.Begin(ctx, run))
	}
	err := work()
	run.FinishedAt, run.Outcome = r.now(), migrations.Applied
	if err != nil {
		run.Outcome, run.Message = migrations.FailedRun, err.Error()
	}
	// What ended the run may be the end of ctx; the ledger is told all the same.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	r.note(ctx, r.deps.Ledger.Finish(last, run))
	return err
}

func (r *Runner) note(ctx context.Context, err error) {
	if err != nil {
		r.log.WarnContext(ctx, "run not written to the ledger", "error", err.Error())
	}
}

// fail shows what stopped an attempt. A database that is ready stays so: what failed is a file for which nobody waits, or a look.
func (r *Runner) fail(ctx context.Context, d *database, err error) {
	if _, ok := errors.AsType[*laterError](err); ok {
		r.log.WarnContext(ctx, "contract migration stopped", "database", d.Name, "error", err.Error())
		r.noteLater(d, func(n *notes) { n.contracts = err.Error() })
		return
	}
	state := migrations.Failed
	if errors.Is(err, migrations.ErrRefused) {
		state = migrations.Refused
	}
	changed := r.board.change(d.Name, func(s *migrations.Status) {
		s.State, s.Message = state, err.Error()
	})
	if changed {
		r.log.WarnContext(ctx, "migration stopped", "database", d.Name, "state", state.String(), "error", err.Error())
	}
}
