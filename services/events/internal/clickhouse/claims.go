package clickhouse

import (
	"context"
	"iter"
	"sync"

	"github.com/google/uuid"
)

// key is an event's id within its organization.
type key struct{ organization, id uuid.UUID }

// claims keeps two appends from looking up and inserting one id at the same time. The zero value is ready.
type claims struct {
	mu   sync.Mutex
	held map[key]chan struct{} // closed when the append that holds the id is done
}

// take waits until none of the ids is held and then holds them all. It takes all or none, so nobody waits for somebody who waits.
// They are given by organization.
func (c *claims) take(ctx context.Context, ids map[uuid.UUID][]uuid.UUID) (release func(), err error) {
	for {
		busy := c.try(ids)
		if busy.done == nil {
			return busy.release, nil
		}
		select {
		case <-busy.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// claim is what a try gave: the release of what was taken, or the end of the append to wait for.
type claim struct {
	release func()
	done    chan struct{}
}

func (c *claims) try(ids map[uuid.UUID][]uuid.UUID) claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range keysOf(ids) {
		if done, busy := c.held[k]; busy {
			return claim{done: done}
		}
	}
	if c.held == nil {
		c.held = make(map[key]chan struct{})
	}
	done := make(chan struct{})
	for k := range keysOf(ids) {
		c.held[k] = done
	}
	return claim{release: func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for k := range keysOf(ids) {
			delete(c.held, k)
		}
		close(done)
	}}
}

func keysOf(ids map[uuid.UUID][]uuid.UUID) iter.Seq[key] {
	return func(yield func(key) bool) {
		for organization, list := range ids {
			for _, id := range list {
				if !yield(key{organization, id}) {
					return
				}
			}
		}
	}
}
