package ingest

import (
	"context"
	"math/rand/v2"
	"time"
)

// run drains until finish is called and nothing is left, or ctx ends, or the store is away when finish was called: the rest waits for the next start.
func (d *drain) run(ctx context.Context) error {
	defer close(d.ended)
	defer d.working.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	finishing := d.finishing
	for {
		wait, over := d.work(ctx)
		if over || ctx.Err() != nil {
			return nil
		}
		if !d.owed.IsZero() {
			wait = min(wait, d.owed.Sub(d.now()))
		}
		timer.Reset(wait)
		select {
		case <-d.wake:
		case <-timer.C:
			if wait == idle {
				d.rooms = nil
			}
		case st := <-d.results:
			d.collect(ctx, st)
		case <-finishing:
			finishing, d.leaving = nil, true
		case <-ctx.Done():
			return nil
		}
	}
}

// idle is how long nothing may happen before the drain looks again by itself.
const idle = time.Minute

// work starts what can be started, and says when to look again, and whether the drain is at its end.
func (d *drain) work(ctx context.Context) (time.Duration, bool) {
	now := d.now()
	if !d.owed.IsZero() && !now.Before(d.owed) {
		d.commit(ctx)
	}
	if !d.marked {
		if err := d.restore(ctx); err != nil {
			if d.failed(ctx, err); d.leaving {
				return 0, true
			}
			return d.rest(), false
		}
	}
	for {
		st, wait := d.first(now)
		switch {
		case st != nil:
			d.launch(ctx, st)
			continue
		case wait > 0:
			return wait, false
		case d.busy == inserters:
			return idle, false
		}
		if d.blocked() {
			return idle, d.leaving && d.busy == 0
		}
		due, wait := d.due(now)
		if !due {
			if wait == 0 {
				return idle, d.leaving && d.busy == 0
			}
			return wait, false
		}
		some, err := d.cut(ctx)
		if err != nil {
			if d.failed(ctx, err); d.leaving {
				return 0, true
			}
			return d.rest(), false
		}
		if !some {
			return idle, d.leaving && d.busy == 0
		}
	}
}

// first returns the stage that is to be stored next, if it can be now; otherwise how long it must wait, 0 when there is none or others must end first.
func (d *drain) first(now time.Time) (*stage, time.Duration) {
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	for _, st := range d.line {
		switch st.state {
		case failed:
			if d.busy > 0 || d.leaving {
				return nil, 0
			}
			if wait := st.retryAt.Sub(now); wait > 0 {
				return nil, wait
			}
			return st, 0
		case waiting:
			if d.busy == inserters || d.busy > 0 && st.exclusive() {
				return nil, 0
			}
			return st, 0
		case storing:
			if st.exclusive() {
				return nil, 0
			}
		}
	}
	return nil, 0
}

// blocked tells whether a stage must be stored before another may follow.
func (d *drain) blocked() bool {
	d.lineMu.Lock()
	defer d.lineMu.Unlock()
	for _, st := range d.line {
		if st.state == failed || st.state == waiting || st.state == storing && st.exclusive() {
			return true
		}
	}
	return false
}

// launch stores a stage beside the loop.
func (d *drain) launch(ctx context.Context, st *stage) {
	d.lineMu.Lock()
	st.state = storing
	d.lineMu.Unlock()
	d.busy++
	d.working.Go(func() {
		st.err = d.take(ctx, st)
		d.results <- st
	})
}

// collect takes a stage back.
func (d *drain) collect(ctx context.Context, st *stage) {
	d.busy--
	d.lineMu.Lock()
	st.state = stored
	if st.err == nil || st.moved {
		d.pause = firstPause
	}
	if st.err != nil {
		st.state, st.retryAt = failed, d.now().Add(d.rest())
	}
	d.lineMu.Unlock()
	if st.err != nil {
		d.failed(ctx, st.err)
	}
	d.commit(ctx)
}

// commit commits what is stored from the beginning of the log on, and tells those who wait for it. What could not be committed keeps its place, and with it its
// bounds: a later life meets its frames. It is tried again after a pause, since nothing may follow that is committed.
func (d *drain) commit(ctx context.Context) {
	d.owed = time.Time{}
	d.lineMu.Lock()
	var head []*stage
	for len(d.line) > len(head) && d.line[len(head)].state == stored {
		head = append(head, d.line[len(head)])
	}
	d.lineMu.Unlock()
	if len(head) == 0 {
		return
	}
	if err := d.queue.Commit(ctx, head[len(head)-1].upTo); err != nil {
		d.failed(ctx, err)
		d.owed = d.now().Add(d.rest())
	} else {
		d.lineMu.Lock()
		d.line = d.line[len(head):]
		d.lineMu.Unlock()
	}
	for _, st := range head {
		if !st.told {
			st.told = true
			d.advance(st)
			d.free(st.memory)
		}
	}
}

// failed tells that something has to be tried again.
func (d *drain) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	d.failures.Add(1)
	d.logger.WarnContext(ctx, "accepted events wait for the store", "frames", d.queue.Stats().Frames, "error", err)
}

// rest returns the pause before the next attempt.
func (d *drain) rest() time.Duration {
	pause := d.pause/2 + rand.N(d.pause/2)
	d.pause = min(2*d.pause, longestPause)
	return pause
}
