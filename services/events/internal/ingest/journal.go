package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/queue"
)

// ErrStopping says that the service takes no more events. Sending them again, to it or to another, is right.
var ErrStopping = fault.New(fault.Unavailable, "INGEST_STOPPING", "the service is stopping and takes no more events")

// journal is the way of events through the log: a committer decides and appends, a second goroutine waits for the disk and acknowledges in the
// order of the log, and the drain follows it.
type journal struct {
	queue  queue.Queue
	index  *index
	logger *slog.Logger
	now    func() time.Time
	over   <-chan struct{} // see Log
	listen Listener

	submissions chan *submission
	flights     chan flight
	slots       chan struct{} // a token for each append under way
	stopped     chan struct{} // closed when nothing is taken any more

	drain  *drain
	frames *sync.Pool // the intake's
}

// inFlight is how many appends may be under way at once: while one is synced the next are gathered and written.
const inFlight = 4

func newJournal(l Log) *journal {
	return &journal{
		queue: l.Queue, over: l.Over, index: newIndex(l.Horizon, l.MaxIDs),
		submissions: make(chan *submission), flights: make(chan flight, inFlight), slots: make(chan struct{}, inFlight),
		stopped: make(chan struct{}), drain: newDrain(l),
	}
}

// join takes over what the intake has.
func (j *journal) join(in *Intake) {
	j.frames, j.logger, j.now, j.listen = &in.frames, in.logger, in.now, in.listen
	j.drain.store, j.drain.logger, j.drain.now, j.drain.shelf.builders = in.store, in.logger, in.now, &in.frames
	if j.drain.blocks == nil {
		j.drain.blocks = appender{in.store}
	}
}

// put hands a batch to the committer and waits until its events are durable. What is returned beside the verdicts waits for the database: await says what
// becomes of it.
func (j *journal) put(ctx context.Context, good *batch) ([]verdict, *submission, error) {
	if err := j.queue.Ready(); err != nil { // it may be another instance that takes events in
		return nil, nil, err
	}
	s := newSubmission(good)
	select {
	case j.submissions <- s:
	case <-j.stopped:
		return nil, nil, ErrStopping
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	select {
	case err := <-s.done:
		if err != nil {
			return nil, nil, err
		}
	case <-ctx.Done():
		j.drain.abandon(s) // it is on its way, and is kept all the same
		return nil, nil, ctx.Err()
	}
	if good.ack != AckDatabase {
		return s.verdicts, nil, nil
	}
	s.frame = nil
	if good.frame != nil { // it is not on the shelf
		j.frames.Put(good.frame)
		good.frame = nil
	}
	return nil, s, nil
}

// await waits until the database has the events of a submission.
func (j *journal) await(ctx context.Context, s *submission) ([]verdict, error) {
	select {
	case verdicts := <-s.stored:
		return verdicts, nil
	case <-j.drain.ended:
		return nil, ErrStopping
	case <-ctx.Done():
		j.drain.abandon(s)
		return nil, ctx.Err()
	}
}

// run works until ctx ends, then finishes: what was submitted is written and acknowledged, and the drain empties the log, until the time for a stop is over.
// An error means that events can no longer be kept: the service must end.
func (j *journal) run(ctx context.Context) error {
	err := j.queue.Await(ctx)
	if err == nil {
		err = j.index.load(ctx, j.queue, j.now())
	}
	if err == nil {
		var kept far
		kept, err = j.drain.recall(ctx)
		j.index.foresee(kept)
	}
	if err == nil && j.drain.forgetful {
		err = j.drain.distrust(ctx)
	}
	if err != nil {
		close(j.stopped)
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	j.drain.begin(j.queue.Committed(), j.queue.Last())
	var group errgroup.Group
	draining, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	committing, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() error {
		defer close(j.flights)
		j.commit(committing)
		return nil
	})
	group.Go(func() error {
		defer j.drain.finish()
		return j.acknowledge(stop)
	})
	group.Go(func() error {
		defer cut()
		return j.drain.run(draining)
	})
	group.Go(func() error {
		select {
		case <-j.over:
			cut()
		case <-draining.Done():
		}
		return nil
	})
	return group.Wait()
}

// acknowledge waits for the disk and answers, in the order of the log. After a write that failed it ends the committer. What a log gave up because a stop
// may last no longer is no failure: its senders are told to send again.
func (j *journal) acknowledge(stop func()) error {
	var broken error
	for f := range j.flights {
		err := broken
		if err == nil && f.pending != nil {
			err = f.pending.Wait()
		}
		if err != nil {
			broken = err
			stop()
		}
		if err == nil {
			for _, s := range f.submissions {
				j.tell(s)
			}
			j.drain.follow(f)
		}
		for _, s := range f.submissions {
			s.done <- err
		}
		<-j.slots
	}
	select {
	case <-j.over:
		return nil
	default:
		return broken
	}
}

// tell has the listener hear of what is new and durable. Nobody else wants events as such.
func (j *journal) tell(s *submission) {
	if s.fresh == 0 || !j.listen.Listens(s.batch.organization) {
		return
	}
	frame, err := queue.Decode(s.frame)
	if err != nil { // cannot be: the frame was just made
		j.logger.Error("a frame cannot be read for those who listen", "error", err)
		return
	}
	j.listen.Publish(s.batch.organization, frame.Events)
}

// fail answers submissions that could not be appended.
func (j *journal) fail(group []*submission, err error) {
	for _, s := range group {
		j.index.undo(s.batch.organization, s.ids)
		s.done <- err
	}
}
