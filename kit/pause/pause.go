// Package pause has work wait, never longer than its context lasts: for a while, or for longer with each failure. It stands wherever something is looked at
// or tried again.
package pause

import (
	"context"
	"math/rand/v2"
	"time"
)

// For waits for d. It returns nil then, and the error of ctx when that ends before.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Backoff makes waits that double from First to Most, each shortened by up to a half at random, so that two instances do not march in step.
type Backoff struct {
	First, Most time.Duration

	now time.Duration
}

// Next is how long to wait after one more failure.
func (b *Backoff) Next() time.Duration {
	b.now = min(max(b.First, 2*b.now), b.Most)
	return b.now - rand.N(b.now/2+1)
}

// Reset begins anew after a success.
func (b *Backoff) Reset() { b.now = 0 }
