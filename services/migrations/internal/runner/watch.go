package runner

import (
	"context"
	"strings"
	"time"

	"devtrail.dev/kit/pause"
)

// watchEvery is the mean time between two looks for those in the way.
const watchEvery = 100 * time.Millisecond

// blockerWatch asks now and then for whom a backend waits and remembers the last answer that named somebody.
//
// lock_timeout bounds each wait alone, and a transaction that has one table may wait for the next, and the next: whoever wants the first
// stands behind all of them. So the watch ends the statement when the waits together are longer than their budget.
type blockerWatch struct {
	cancel context.CancelFunc
	done   chan struct{}
	last   []string // when done
	over   bool     // when done: the waits were too long together
}

// watchers is who is told of each look: of who is in the way, and else of how far the build of an index is.
type watchers struct {
	blocked  func(message string)
	building func(phase string, percent float64)
}

// watchBlockers looks until it is stopped; a budget of 0 is none.
func watchBlockers(ctx context.Context, lock held, pid uint32, budget time.Duration, tell watchers) *blockerWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &blockerWatch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		var waited time.Duration
		for pause.For(ctx, watchEvery) == nil {
			found, err := lock.blockers(ctx, pid)
			if err != nil {
				continue
			}
			if len(found) == 0 {
				if phase, percent, err := lock.building(ctx, pid); err == nil && percent > 0 {
					tell.building(phase, percent)
				}
				continue
			}
			tell.blocked("waits for a table lock held by " + strings.Join(found, ", "))
			w.last = found
			// Who is looked for and found has waited about so long.
			if waited += watchEvery; budget > 0 && waited > budget {
				w.over = lock.interrupt(ctx, pid) == nil
				return
			}
		}
	}()
	return w
}

// stop ends the watch and returns whom it saw last, and whether it ended the work.
func (w *blockerWatch) stop() (last []string, over bool) {
	w.cancel()
	<-w.done
	return w.last, w.over
}
