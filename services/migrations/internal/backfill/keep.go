package backfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
)

// errStopped says that the work may not go on: an operator stopped it, or another instance has it.
var errStopped = errors.New("the work was stopped")

// fatal is an error that a repetition does not mend.
type fatal struct{ err error }

func (f *fatal) Error() string { return f.err.Error() }
func (f *fatal) Unwrap() error { return f.err }

// job is the work on a backfill by the one who holds its lock.
type job struct {
	*declared
	cfg  Config
	lock *lock
	now  func() time.Time
	show func(edit func(*migrations.Backfill))
}

// say shows what is waited for.
func (j *job) say(format string, args ...any) {
	j.show(func(b *migrations.Backfill) { b.Message = fmt.Sprintf(format, args...) })
}

func (j *job) observe(p Phase, number, rows int) {
	j.cfg.Observe(Step{Database: j.target.Name, Name: j.Name, Phase: p, Number: number, Rows: rows})
}

// keep works on one backfill until it is done or ctx ends.
func (k *Keeper) keep(ctx context.Context, d *declared) {
	failures := pause.Backoff{First: k.cfg.Retry, Most: 30 * k.cfg.Retry}
	for {
		b, err := k.turn(ctx, d)
		if ctx.Err() != nil || b.State == migrations.BackfillDone {
			return
		}
		wait := k.cfg.Recheck
		if err != nil {
			wait = failures.Next()
			k.log.WarnContext(ctx, "backfill stopped", "database", d.target.Name, "backfill", d.Name, "error", err.Error())
			k.board.change(d, func(b *migrations.Backfill) { b.Message = err.Error() })
		} else {
			failures.Reset()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-d.wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// turn looks at a backfill and works on it when there is work and nobody else does it.
func (k *Keeper) turn(ctx context.Context, d *declared) (migrations.Backfill, error) {
	b, err := k.look(ctx, d)
	if err != nil || b.State != migrations.BackfillRunning {
		return b, err
	}
	lock, err := k.locker.try(ctx, d.target.Name+" backfill "+d.Name)
	if err != nil {
		return b, err
	}
	if lock == nil {
		// Another instance works on it, and knows better what it waits for.
		k.board.change(d, func(shown *migrations.Backfill) { shown.Message = b.Message })
		return b, nil
	}
	defer lock.release() //nolint:contextcheck // it is given back also when ctx has ended
	k.log.InfoContext(ctx, "backfill works", "database", d.target.Name, "backfill", d.Name, "rows_done", b.RowsDone)
	err = d.engine.work(ctx, &job{
		declared: d, cfg: k.cfg, lock: lock, now: k.now,
		show: func(edit func(*migrations.Backfill)) { k.board.change(d, edit) },
	})
	if stop, ok := errors.AsType[*fatal](err); ok && ctx.Err() == nil {
		k.log.ErrorContext(ctx, "backfill failed", "database", d.target.Name, "backfill", d.Name, "error", stop.Error())
		err = d.engine.fail(ctx, d, stop.Error())
	}
	if err != nil && !errors.Is(err, errStopped) {
		return b, err
	}
	b, err = k.look(ctx, d)
	if err == nil && b.State == migrations.BackfillDone {
		k.log.InfoContext(ctx, "backfill done", "database", d.target.Name, "backfill", d.Name, "rows_done", b.RowsDone)
	}
	return b, err
}

// SQLSTATEs on which the package acts.
const (
	codeDeadlock          = "40P01"
	codeInvalidParameter  = "22023"
	codeLockTimeout       = "55P03"
	codeQueryCanceled     = "57014"
	codeSerialization     = "40001"
	codeUndefinedDatabase = "3D000"
	codeUndefinedObject   = "42704"
	codeUniqueViolation   = "23505"
)

// passing reports whether a batch may be repeated as it was: another transaction was in its way.
func passing(err error) bool {
	switch pg.Code(err) {
	case codeDeadlock, codeLockTimeout, codeSerialization:
		return true
	}
	return false
}
