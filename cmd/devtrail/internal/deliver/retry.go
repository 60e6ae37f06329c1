// Package deliver hands events and files to a service until it has said what became of each: what may pass by itself is tried again, with pauses,
// as long as there is progress now and then. On the path of imports and of seeding: importer or seed -> deliver -> wire.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
)

const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	// CallTimeout bounds one call, so that a service that hangs is tried again.
	CallTimeout = time.Minute
)

// Retry paces repeated attempts at one thing, of a Patience. It belongs to one goroutine.
type Retry struct {
	patience *Patience
	began    time.Time
	pauses   pause.Backoff
}

// Progress starts the clock of the Patience anew, and the pauses of this thing.
func (r *Retry) Progress() {
	r.patience.progress()
	r.pauses.Reset()
}

// Again waits before the next attempt, or returns why there is none: the failure will not pass, patience is at an end, or ctx is.
func (r *Retry) Again(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !passing(err) {
		return err
	}
	if waited := r.patience.waited(r.began, err); waited > r.patience.limit {
		return fmt.Errorf("gave up after %s without progress: %w", waited.Round(time.Second), err)
	}
	wait := r.pauses.Next()
	var f *fault.Fault
	if errors.As(err, &f) {
		wait = max(wait, f.Retry())
	}
	return pause.For(ctx, wait)
}

// passing says whether a failure may pass by itself.
func passing(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Exhausted, fault.Conflict, fault.Timeout:
		return true
	default:
		return false
	}
}
