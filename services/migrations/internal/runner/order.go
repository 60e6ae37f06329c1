package runner

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/migrations"
)

// order is one attempt that the loop of a database is to make, or makes by itself.
type order struct {
	// asked says that somebody called; the others are the loop's own.
	asked bool
	// actor is who called.
	actor string
	// fingerprint is the plan that the caller has seen; empty when any will do.
	fingerprint string
	steps       *stream
}

// orders is what waits for the loop of a database, and what it works at. One attempt at a time.
type orders struct {
	mu     sync.Mutex
	queue  []*order
	now    *order
	wake   chan struct{} // holds one token when the loop should look again
	closed bool
}

func newOrders() *orders { return &orders{wake: make(chan struct{}, 1)} }

// nudge makes the loop look again soon.
func (o *orders) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// give puts an order into the queue; one that comes when the loop has ended ends at once.
func (o *orders) give(one *order) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		one.steps.end(migrations.ErrStopping)
		return
	}
	o.queue = append(o.queue, one)
	o.nudge()
}

// take returns the next order, or the loop's own when nobody asked.
func (o *orders) take() *order {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		o.now = &order{steps: newStream()}
	} else {
		o.now = o.queue[0]
		o.queue = o.queue[1:]
	}
	return o.now
}

// add tells a step to the readers of the order that is worked at, and to those who wait behind it, since that is what they wait for.
func (o *orders) add(p migrations.Progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.now != nil {
		o.now.steps.add(p)
	}
	if p.Phase == migrations.Finished {
		return
	}
	for _, one := range o.queue {
		one.steps.add(p)
	}
}

func (o *orders) waiting() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue) > 0
}

// close ends every order that was not done.
func (o *orders) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.now != nil {
		o.now.steps.end(migrations.ErrStopping)
	}
	for _, one := range o.queue {
		one.steps.end(migrations.ErrStopping)
	}
	o.queue = nil
}

// wait returns after d, at a nudge, or with the error of ctx.
func (o *orders) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	if o.waiting() {
		return ctx.Err()
	}
	select {
	case <-o.wake:
		return ctx.Err()
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Apply makes an attempt at what waits in a database and gives its steps until it ends. While another attempt goes on its steps come first.
// The attempt belongs to the runner: it goes on when the reader leaves. It ends with an error: ErrDatabaseNotFound, ErrPlanStale when the fingerprint is
// given and is no longer that of the database and its files, ErrApplyFailed, ErrStopping, the refusal, or that of ctx.
func (r *Runner) Apply(ctx context.Context, name, fingerprint, actor string) iter.Seq2[migrations.Progress, error] {
	return func(yield func(migrations.Progress, error) bool) {
		d, err := r.find(name)
		if err != nil {
			yield(migrations.Progress{}, err)
			return
		}
		one := &order{asked: true, actor: actor, fingerprint: fingerprint, steps: newStream()}
		d.orders.give(one)
		for p, err := range one.steps.read(ctx) {
			if !yield(p, err) {
				return
			}
		}
	}
}

// reported is an error in the words that a caller may see: an error of the database is for the operator who asked.
func reported(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Fault](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	return migrations.ErrApplyFailed.With("%s", err).Wrap(err)
}
