package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
)

// laterError is trouble with a file that no service waits for, so that the database is ready all the same.
type laterError struct{ err error }

func (e *laterError) Error() string { return e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// notes is what goes on aside of readiness.
type notes struct {
	mu                    sync.Mutex
	contracts, background string
}

// noteLater shows it.
func (r *Runner) noteLater(d *database, edit func(*notes)) {
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	edit(&d.notes)
	var say []string
	for _, text := range []string{d.notes.contracts, d.notes.background} {
		if text != "" {
			say = append(say, text)
		}
	}
	r.board.change(d.Name, func(s *migrations.Status) { s.Note = strings.Join(say, "; ") })
}

// contracts applies the contract files whose gate is open, each by itself, and passes over the others. Then it hands the background files over.
// The lock of the request is held, so nobody opens or closes a gate by applying another file.
func (r *Runner) contracts(ctx context.Context, d *database, req request, one *order) error {
	s, err := r.look(ctx, d)
	if err != nil {
		return err
	}
	var wait, background []string
	var failed error
	for _, f := range s.later {
		if f.Background {
			background = append(background, f.Name)
			continue
		}
		err := r.contract(ctx, d, s, req, f)
		switch {
		case err == nil:
			s.applied[f.Version] = f.Checksum
		case errors.Is(err, migrations.ErrGateClosed):
			wait = append(wait, err.Error())
			r.report(ctx, d, migrations.Progress{File: f.Name, Phase: migrations.PassedOver, Message: err.Error()})
		default:
			failed = errors.Join(failed, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
	r.noteLater(d, func(n *notes) { n.contracts = strings.Join(wait, "; ") })
	if failed != nil {
		return &laterError{failed}
	}
	done := migrations.Progress{Phase: migrations.Finished}
	if len(background) > 0 {
		done.Message = "goes on in the background: " + strings.Join(background, ", ")
		d.background.give(&order{asked: one.asked, actor: one.actor, steps: newStream()})
	}
	r.report(ctx, d, done)
	return nil
}

// contract applies one file when its gate is open, else it gives ErrGateClosed.
func (r *Runner) contract(ctx context.Context, d *database, s standing, req request, f schema.File) error {
	judge := func(ctx context.Context) error {
		g, err := r.gateWith(ctx, d, s, f, req.overrides)
		if err != nil {
			// What is not known keeps the gate closed.
			return migrations.ErrGateClosed.With("the gate of %s cannot be judged: %s", f.Name, err).Wrap(err)
		}
		return g.Closed()
	}
	if err := judge(ctx); err != nil {
		return err
	}
	req.files, req.gate = []schema.File{f}, judge
	return r.record(ctx, d, d.Name, func() error { return d.engine.apply(ctx, req) })
}

// keepBackground looks for drift once the database is ready and none is being changed, and applies its background files, until ctx ends.
func (r *Runner) keepBackground(ctx context.Context, d *database) {
	if !r.await(ctx, d, func(s migrations.State) bool { return s == migrations.Ready }) {
		return
	}
	// The check makes databases and replays files, which would take from those who still wait.
	for _, other := range r.databases {
		if !r.await(ctx, other, func(s migrations.State) bool {
			return s != migrations.Applying && s != migrations.Pending || r.cfg.Manual
		}) {
			return
		}
	}
	r.checkDrift(ctx, d)
	failures := pause.Backoff{First: r.cfg.Retry, Most: 30 * r.cfg.Retry}
	for {
		one := d.background.take()
		wait := r.cfg.Recheck
		if one.asked || !r.cfg.Manual {
			if err := r.aside(ctx, d, one); err != nil && ctx.Err() == nil {
				wait = failures.Next()
				r.log.WarnContext(ctx, "background migration stopped", "database", d.Name, "error", err.Error())
				r.noteLater(d, func(n *notes) { n.background = err.Error() })
			} else {
				failures.Reset()
			}
		}
		if d.background.wait(ctx, wait) != nil {
			return
		}
	}
}

// await waits for a state of a database; false means that ctx has ended, or the runner.
func (r *Runner) await(ctx context.Context, d *database, ok func(migrations.State) bool) bool {
	for s, err := range r.Watch(ctx, d.Name) {
		if err != nil {
			return false
		}
		if ok(s.State) {
			return true
		}
	}
	return false
}

// aside applies the background files that nothing keeps back, under a lock of its own.
func (r *Runner) aside(ctx context.Context, d *database, one *order) error {
	if r.board.get(d.Name).State != migrations.Ready {
		return nil
	}
	open, _, err := r.openAside(ctx, d)
	if err != nil || len(open) == 0 {
		return err
	}
	lock, err := r.locker.lock(ctx, d.aside(), func(message string) {
		r.log.DebugContext(ctx, "background migration waits", "database", d.Name, "reason", message)
	})
	if err != nil {
		return fmt.Errorf("take the lock of the background: %w", err)
	}
	defer lock.release()
	open, s, err := r.openAside(ctx, d)
	if err != nil || len(open) == 0 {
		return err
	}
	overrides, err := r.overrides(ctx, d)
	if err != nil {
		return err
	}
	for _, f := range open {
		req := request{
			lock: lock, files: []schema.File{f}, actor: one.actor, overrides: overrides,
			gate: func(ctx context.Context) error {
				g, err := r.gateWith(ctx, d, s, f, overrides)
				if err != nil {
					return migrations.ErrGateClosed.With("the gate of %s cannot be judged: %s", f.Name, err).Wrap(err)
				}
				return g.Closed()
			},
			report: func(p migrations.Progress) { r.reportAside(ctx, d, p) },
		}
		if err := r.record(ctx, d, d.aside(), func() error { return d.engine.applyBackground(ctx, req) }); err != nil {
			return err
		}
		s.applied[f.Version] = f.Checksum
	}
	return nil
}

// openAside returns the background files that may be applied now.
func (r *Runner) openAside(ctx context.Context, d *database) ([]schema.File, standing, error) {
	s, err := r.look(ctx, d)
	if err != nil {
		return nil, s, err
	}
	var open []schema.File
	var closed []string
	for _, f := range s.later {
		if !f.Background {
			continue
		}
		g, err := r.gate(ctx, d, s, f)
		if err != nil {
			return nil, s, err
		}
		if err := g.Closed(); err != nil {
			closed = append(closed, err.Error())
			continue
		}
		open = append(open, f)
	}
	r.noteLater(d, func(n *notes) { n.background = strings.Join(closed, "; ") })
	return open, s, nil
}

// reportAside shows a step of the background.
func (r *Runner) reportAside(ctx context.Context, d *database, p migrations.Progress) {
	if p.Phase == migrations.FileApplied {
		r.log.InfoContext(ctx, "background migration applied", "database", d.Name, "file", p.File)
		r.noteLater(d, func(n *notes) { n.background = "" })
		r.applied(d, p.File)
		return
	}
	r.noteLater(d, func(n *notes) {
		n.background = fmt.Sprintf("%s goes on in the background: statement %d of %d", p.File, p.Statement, p.Statements)
		if p.Percent > 0 {
			n.background += fmt.Sprintf(", %.0f%%", p.Percent)
		}
		if p.Message != "" {
			n.background += ": " + p.Message
		}
	})
}
