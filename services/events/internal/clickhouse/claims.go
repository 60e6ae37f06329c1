package clickhouse

import (
	"context"
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
func (c *claims) take(ctx context.Context, organization uuid.UUID, ids []uuid.UUID) (release func(), err error) {
	for {
		busy := c.try(organization, ids)
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

func (c *claims) try(organization uuid.UUID, ids []uuid.UUID) claim {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if done, busy := c.held[key{organization, id}]; busy {
			return claim{done: done}
		}
	}
	if c.held == nil {
		c.held = make(map[key]chan struct{})
	}
	done := make(chan struct{})
	for _, id := range ids {
		c.held[key{organization, id}] = done
	}
	return claim{release: func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, id := range ids {
			delete(c.held, key{organization, id})
		}
		close(done)
	}}
}
