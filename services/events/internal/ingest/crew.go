package ingest

import "sync"

// crew is goroutines that work on the batches of streams, one after the other. A new goroutine begins with a small stack, and to grow it for every batch costs
// several times what judging an event does; those of a crew have grown theirs. It is no queue: who finds nobody free does the thing himself. The zero value is a crew without
// anybody.
type crew struct {
	mu      sync.Mutex
	open    bool
	idle    []chan func() // who became free last is asked first: his stack is the least likely to have been cut
	left    int           // how many may still be engaged
	working sync.WaitGroup
}

// crewSize is as many batches as 128 streams have at work at most. Each keeps some KiB.
const crewSize = 2048

// begin lets the crew be engaged until end.
func (c *crew) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open, c.left = true, crewSize
}

// lend has somebody call f, and tells whether there is somebody. It does not wait.
func (c *crew) lend(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	var to chan func()
	switch n := len(c.idle); {
	case n > 0:
		to, c.idle = c.idle[n-1], c.idle[:n-1]
	case c.open && c.left > 0:
		c.left--
		to = make(chan func(), 1)
		c.working.Go(func() { c.serve(to) })
	default:
		return false
	}
	to <- f // there is room
	return true
}

func (c *crew) serve(calls chan func()) {
	for f := range calls {
		f()
		if !c.rest(calls) {
			return
		}
	}
}

// rest makes somebody free, unless the crew has ended.
func (c *crew) rest(calls chan func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open {
		c.idle = append(c.idle, calls)
	}
	return c.open
}

// end waits until everybody is done, and engages nobody any more.
func (c *crew) end() {
	c.mu.Lock()
	c.open = false
	for _, calls := range c.idle {
		close(calls)
	}
	c.idle = nil
	c.mu.Unlock()
	c.working.Wait()
}

// Lend has f called on a goroutine whose stack has grown, and tells whether there is one; when there is none, the caller calls it. It does not wait. While Run
// runs there are some. f must survive its own panics.
func (in *Intake) Lend(f func()) bool { return in.crew.lend(f) }
