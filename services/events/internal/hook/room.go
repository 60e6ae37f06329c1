package hook

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// roomPatience is how long a large delivery waits for room, before the patience of its sender begins to count.
	roomPatience = 2 * time.Second
	// bodyTime is how long a large delivery may take to arrive once it has room. Providers give up after as long, and whoever stalls is not verified yet.
	bodyTime = 10 * time.Second
	// largeBudget is how many bytes of large deliveries may be in memory at once, hookBudget how many of one hook: what strangers send to a hook that they
	// know of leaves room for those of others. The largest body, a form of GitHub's, may have 75 MiB.
	largeBudget = 128 << 20
	hookBudget  = 96 << 20
)

// room is the memory for large deliveries.
type room struct {
	all   *semaphore.Weighted
	hooks sync.Map // *semaphore.Weighted by the ids of hooks
}

func newRoom() *room { return &room{all: semaphore.NewWeighted(largeBudget)} }

// take waits for room for some bytes of a hook's; release gives it back.
func (r *room) take(ctx context.Context, hook string, bytes int64) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, roomPatience)
	defer cancel()
	found, _ := r.hooks.LoadOrStore(hook, semaphore.NewWeighted(hookBudget))
	own, _ := found.(*semaphore.Weighted)
	if err := own.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("wait for room for a large delivery among those of the hook: %w", err)
	}
	if err := r.all.Acquire(ctx, bytes); err != nil {
		own.Release(bytes)
		return nil, fmt.Errorf("wait for room for a large delivery: %w", err)
	}
	return func() {
		r.all.Release(bytes)
		own.Release(bytes)
	}, nil
}
