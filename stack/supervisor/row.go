package supervisor

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// row is a process and its place in the table.
type row struct {
	Process
	supervisor *Supervisor
	needs      []*row
	dependants []*row
	ready      chan struct{} // closed at the first readiness
	gone       chan struct{} // closed when the row is over
	pid        atomic.Int64
}

// run is the life of a row: wait for its turn, then start it again and again.
// An error means that it never became ready.
func (r *row) run(ctx context.Context) error {
	for _, need := range r.needs {
		select {
		case <-need.ready:
		case <-ctx.Done():
			return nil
		}
	}
	cfg := r.supervisor.cfg
	backoff := cfg.Backoff
	for {
		begin := time.Now()
		wasReady, err := r.live(ctx, begin)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
		if !r.stoodOnce() {
			return err
		}
		// One that lived long is a new failure, not the next of a series.
		if wasReady && time.Since(begin) > 5*cfg.BackoffMax {
			backoff = cfg.Backoff
		}
		r.tell(Event{State: Ended, Err: err})
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
			return nil
		}
		backoff = min(2*backoff, cfg.BackoffMax)
	}
}

// live is one life of the process, from its launch to its end or ours. The
// error says why it ended and is never nil.
func (r *row) live(ctx context.Context, begin time.Time) (wasReady bool, err error) {
	r.tell(Event{State: Starting})
	running, err := r.Start(ctx)
	if err != nil {
		return false, err
	}
	r.pid.Store(int64(running.Pid()))
	defer r.pid.Store(0)
	wasReady = r.awaitReady(ctx, running, begin)
	if wasReady {
		r.tell(Event{State: Ready, Pid: running.Pid(), Took: time.Since(begin)})
		if !r.stoodOnce() {
			close(r.ready)
		}
	}
	select {
	case <-running.Done():
		if err := running.Err(); err != nil {
			return wasReady, err
		}
		return wasReady, errors.New("it exited")
	case <-ctx.Done():
		r.stop(running) //nolint:contextcheck // ctx has ended: the stop has its own time
		return wasReady, ctx.Err()
	}
}

// awaitReady polls Ready until it says yes, the process ends or ctx does.
func (r *row) awaitReady(ctx context.Context, running Running, begin time.Time) bool {
	if r.Ready == nil {
		return true
	}
	cfg := r.supervisor.cfg
	tick := time.NewTicker(cfg.Poll)
	defer tick.Stop()
	patience := time.NewTimer(cfg.Patience)
	defer patience.Stop()
	for {
		err := r.Ready(ctx)
		if err == nil {
			return true
		}
		select {
		case <-running.Done():
			return false
		case <-ctx.Done():
			return false
		case <-patience.C:
			r.tell(Event{State: Waiting, Pid: running.Pid(), Took: time.Since(begin), Err: err})
		case <-tick.C:
		}
	}
}

// stop waits until nobody depends on the process any more and ends it.
func (r *row) stop(running Running) {
	for _, dependant := range r.dependants {
		<-dependant.gone
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), r.supervisor.cfg.Grace)
	defer cancel()
	err := running.Stop(ctx)
	r.tell(Event{State: Stopped, Took: time.Since(begin), Err: err})
}

func (r *row) stoodOnce() bool {
	select {
	case <-r.ready:
		return true
	default:
		return false
	}
}

func (r *row) tell(e Event) {
	e.Name = r.Name
	r.supervisor.tell(e)
}
