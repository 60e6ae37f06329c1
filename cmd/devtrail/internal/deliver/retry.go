// Package deliver hands events and files to a service until it has said what became of each: what may pass by itself is tried again, with pauses,
// as long as there is progress now and then. On the path of imports and of seeding: importer or seed -> deliver -> wire.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
)

const (
	defaultPatience = 2 * time.Minute
	firstPause      = 100 * time.Millisecond
	longestPause    = 5 * time.Second
	// CallTimeout bounds one call, so that a service that hangs is tried again.
	CallTimeout = time.Minute
)

// Retry paces repeated attempts at one thing.
type Retry struct {
	limit time.Duration
	now   func() time.Time
	since time.Time // of the last progress
	pause time.Duration
}

// NewRetry returns a Retry that gives up after a time without progress; 0 means two minutes.
func NewRetry(limit time.Duration, now func() time.Time) *Retry {
	if limit <= 0 {
		limit = defaultPatience
	}
	return &Retry{limit: limit, now: now, since: now(), pause: firstPause}
}

// Progress starts the clock anew.
func (r *Retry) Progress() {
	r.since, r.pause = r.now(), firstPause
}

// Again waits before the next attempt, or returns why there is none: the failure will not pass, patience is at an end, or ctx is.
func (r *Retry) Again(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !passing(err) {
		return err
	}
	if waited := r.now().Sub(r.since); waited > r.limit {
		return fmt.Errorf("gave up after %s without progress: %w", waited.Round(time.Second), err)
	}
	wait := r.pause/2 + rand.N(r.pause/2+1)
	var f *fault.Fault
	if errors.As(err, &f) {
		wait = max(wait, f.Retry())
	}
	r.pause = min(2*r.pause, longestPause)
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
