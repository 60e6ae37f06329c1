package ingest

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// drain hands the log to the store, in order and in large blocks, and commits a position only when the store has everything up to it.
// Append of the store is idempotent by id, so what a crash makes it read again is harmless.
type drain struct {
	queue  queue.Queue
	store  events.Store
	logger *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	goal    queue.Position // everything up to it is durable
	done    queue.Position // everything up to it is in the store
	waiters map[queue.Position][]*submission

	wake      chan struct{} // holds a token when something changed
	finishing chan struct{} // closed when nothing more will be durable
	ended     chan struct{} // closed when the drain has ended
	current   *block        // read and not yet committed
	failures  atomic.Int64
	refusals  atomic.Int64
}

// How much is read at once, how many inserters there are, and how long a small block waits for more: large blocks are what makes a store fast.
const (
	blockBytes = 32 << 20
	inserters  = 2
	linger     = 100 * time.Millisecond
	lingerless = 2 << 20 // bytes that wait for no more
)

// The pause after a failure doubles from the first to the longest; jitter keeps instances apart.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
)

func newDrain(q queue.Queue) *drain {
	return &drain{
		queue: q, waiters: make(map[queue.Position][]*submission),
		wake: make(chan struct{}, 1), finishing: make(chan struct{}), ended: make(chan struct{}),
	}
}

// begin says what the log holds at the start: all of it is durable.
func (d *drain) begin(committed, last queue.Position) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done, d.goal = committed, last
}

// follow says how far the log is durable.
func (d *drain) follow(goal queue.Position) {
	d.mu.Lock()
	d.goal = max(d.goal, goal)
	d.mu.Unlock()
	d.poke()
}

// finish says that no more will follow.
func (d *drain) finish() { close(d.finishing) }

func (d *drain) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// expect has a submission told when the store has everything up to a position, with what became of its own frame.
func (d *drain) expect(s *submission, last queue.Position) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.until = s.position
	if s.fresh < len(s.verdicts) {
		s.until = last
	}
	d.hold(s, s.position)
}

// hold keeps a submission until the store has everything up to a position, or answers it. The drain must be locked.
func (d *drain) hold(s *submission, at queue.Position) {
	if at <= d.done {
		if s.until <= d.done {
			s.stored <- s.verdicts
			return
		}
		at = s.until
	}
	d.waiters[at] = append(d.waiters[at], s)
}

// run drains until finish is called and nothing is left, or ctx ends, or the store is away when finish was called: the rest waits for the next start.
func (d *drain) run(ctx context.Context) error {
	defer close(d.ended)
	pause := firstPause
	for d.await(ctx) {
		err := d.step(ctx)
		if err == nil {
			pause = firstPause
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		d.failures.Add(1)
		d.logger.WarnContext(ctx, "accepted events wait for the store", "frames", d.queue.Stats().Frames, "error", err)
		select {
		case <-d.finishing:
			return nil
		default:
		}
		if !d.rest(ctx, pause/2+rand.N(pause/2)) {
			return nil
		}
		pause = min(2*pause, longestPause)
	}
	return nil
}

// rest waits, less when the end is near. It returns false when ctx has ended.
func (d *drain) rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.finishing:
	case <-ctx.Done():
		return false
	}
	return true
}

// await waits until there is something to drain, and a little longer for more when it is little and nobody waits for it.
// It returns false when there will be nothing any more.
func (d *drain) await(ctx context.Context) bool {
	for {
		d.mu.Lock()
		some, hurry := d.goal > d.done, len(d.waiters) > 0
		d.mu.Unlock()
		switch {
		case some && (d.current != nil || hurry || d.queue.Stats().Bytes >= lingerless):
			return true
		case some:
			return d.rest(ctx, linger)
		}
		select {
		case <-d.wake:
		case <-d.finishing:
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.goal > d.done
		case <-ctx.Done():
			return false
		}
	}
}

// step stores one block and commits it.
func (d *drain) step(ctx context.Context) error {
	if d.current == nil {
		d.mu.Lock()
		after, upTo := d.done, d.goal
		d.mu.Unlock()
		records, err := d.queue.Read(ctx, after, upTo, blockBytes)
		if err != nil {
			return err
		}
		d.current = newBlock(records, upTo)
	}
	b := d.current
	if err := d.bury(ctx, b); err != nil {
		return err
	}
	group, inserting := errgroup.WithContext(ctx)
	group.SetLimit(inserters)
	for _, j := range b.jobs {
		group.Go(func() error { return d.insert(inserting, j) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := d.queue.Commit(ctx, b.last); err != nil {
		return err
	}
	d.current = nil
	d.advance(b)
	return nil
}

// advance tells those who wait for what is in the store now.
func (d *drain) advance(b *block) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done = max(d.done, b.last)
	for at, list := range d.waiters {
		if at > d.done {
			continue
		}
		delete(d.waiters, at)
		for _, s := range list {
			s.verdicts = b.verdicts(s)
			d.hold(s, at)
		}
	}
}
