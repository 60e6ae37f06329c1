package hook

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// roomPatience is how long a large delivery waits for room in all, before the patience of its sender begins to count.
	roomPatience = 2 * time.Second
	// bodyTime is how long a large delivery may take to arrive once it has room. Providers give up after as long, and whoever stalls is not verified yet.
	bodyTime = 10 * time.Second
	// largeBudget is how many bytes of large deliveries may be in memory at once, hookBudget how many of one hook: what strangers send to a hook that they
	// know of leaves room for those of others. The largest body, a form of GitHub's, may have 75 MiB.
	largeBudget = 128 << 20
	hookBudget  = 96 << 20
	// roomStep is how many bytes one takes at a time that does not say how long it is.
	roomStep = 4 << 20
)

// room is the memory for large deliveries.
type room struct {
	all   *semaphore.Weighted
	hooks sync.Map // *semaphore.Weighted by the ids of hooks
	now   func() time.Time
}

func newRoom(now func() time.Time) *room {
	return &room{all: semaphore.NewWeighted(largeBudget), now: now}
}

// share is what a delivery holds of the room. It belongs to one goroutine.
type share struct {
	room     *room
	own      *semaphore.Weighted // the hook's
	bytes    int64
	patience time.Duration // what is left of it
}

// share begins one of a hook's deliveries, with nothing.
func (r *room) share(hook string) *share {
	found, _ := r.hooks.LoadOrStore(hook, semaphore.NewWeighted(hookBudget))
	own, _ := found.(*semaphore.Weighted)
	return &share{room: r, own: own, patience: roomPatience}
}

// grow waits for room for some more bytes. Deliveries that grow may wait for each other: the patience of one ends, and it gives back what it has.
func (s *share) grow(ctx context.Context, bytes int64) error {
	began := s.room.now()
	defer func() { s.patience -= s.room.now().Sub(began) }()
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if err := s.own.Acquire(ctx, bytes); err != nil {
		return fmt.Errorf("wait for room for a large delivery among those of the hook: %w", err)
	}
	if err := s.room.all.Acquire(ctx, bytes); err != nil {
		s.own.Release(bytes)
		return fmt.Errorf("wait for room for a large delivery: %w", err)
	}
	s.bytes += bytes
	return nil
}

// release gives back all that is held.
func (s *share) release() {
	s.room.all.Release(s.bytes)
	s.own.Release(s.bytes)
	s.bytes = 0
}
