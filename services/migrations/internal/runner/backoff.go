package runner

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff makes waits that double from first to most, each shortened by up to a half at random so that two instances do not march in step.
type backoff struct {
	first, most, now time.Duration
}

func (b *backoff) next() time.Duration {
	b.now = min(max(b.first, 2*b.now), b.most)
	return b.now - rand.N(b.now/2+1)
}

func (b *backoff) reset() { b.now = 0 }

// sleep waits for d or for the end of ctx, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
