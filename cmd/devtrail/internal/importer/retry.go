package importer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"devtrail.dev/kit/fault"
)

const (
	defaultPatience = 2 * time.Minute
	firstPause      = 100 * time.Millisecond
	longestPause    = 5 * time.Second
	// callTimeout bounds one call, so that a service that hangs is tried again.
	callTimeout = time.Minute
)

// retry paces repeated attempts at one thing.
type retry struct {
	limit time.Duration
	now   func() time.Time
	since time.Time // of the last progress
	pause time.Duration
}

func newRetry(limit time.Duration, now func() time.Time) *retry {
	if limit <= 0 {
		limit = defaultPatience
	}
	return &retry{limit: limit, now: now, since: now(), pause: firstPause}
}

// progress starts the clock anew.
func (r *retry) progress() {
	r.since, r.pause = r.now(), firstPause
}

// again waits before the next attempt, or returns why there is none: the failure will not pass, patience is at an end, or ctx is.
func (r *retry) again(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !passing(err) {
		return err
	}
	if waited := r.now().Sub(r.since); waited > r.limit {
		return fmt.Errorf("gave up after %s without progress: %w", waited.Round(time.Second), err)
	}
	pause := r.pause/2 + rand.N(r.pause/2+1)
	var f *fault.Fault
	if errors.As(err, &f) {
		pause = max(pause, f.Retry())
	}
	r.pause = min(2*r.pause, longestPause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
