package importer

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	"devtrail.dev/cmd/devtrail/internal/history"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

const (
	batchEvents = 2000
	// batchBytes counts properties and purls; the contract allows 16 MiB in all.
	batchBytes = 4 << 20
	// batchAge is how long a batch waits for more events, so that little is lost when an import is stopped.
	batchAge = time.Second
	// inFlight is how many batches are under way at once: one is stored while others travel.
	inFlight = 4
)

// batch is a number of events that travel together.
type batch struct {
	number int
	events []*eventsv1.Event
	bytes  int
	since  time.Time // of its first event
	// commits counts the commits whose last event is in this batch or an earlier one; last is the newest of them.
	commits int
	last    string
}

// sender sends events in batches and repeats what was not stored. It belongs to one goroutine; start, add and finish are called in this order.
type sender struct {
	client   eventsv1.IngestServiceClient
	patience *deliver.Patience // of all batches
	size     int               // of a batch, in events
	now      func() time.Time

	group   *errgroup.Group
	ctx     context.Context // the group's, between start and finish
	batches chan batch
	open    batch

	mu      sync.Mutex
	summary *Summary // its counts of events
	acked   func(commits int, last string)
	ready   map[int]batch // stored, while one with a lower number is not
	next    int
}

func newSender(client eventsv1.IngestServiceClient, options Options, now func() time.Time, summary *Summary) *sender {
	s := &sender{client: client, patience: deliver.NewPatience(options.Patience, now, options.Waiting), size: options.Batch, now: now, summary: summary, ready: map[int]batch{}}
	if s.size <= 0 {
		s.size = batchEvents
	}
	return s
}

// start makes the sender ready. acked hears, one call at a time, how many commits are stored with all that came before them.
func (s *sender) start(ctx context.Context, acked func(commits int, last string)) {
	s.acked = acked
	s.group, s.ctx = errgroup.WithContext(ctx)
	s.batches = make(chan batch)
	for range inFlight {
		s.group.Go(func() error {
			for b := range s.batches {
				if err := s.deliver(s.ctx, b.events); err != nil {
					return err
				}
				s.stored(b)
			}
			return nil
		})
	}
}

// add takes a commit's events.
func (s *sender) add(commit history.Commit) error {
	if len(s.open.events) == 0 {
		s.open.since = s.now()
	}
	for _, event := range commit.Events {
		s.open.events = append(s.open.events, event)
		s.open.bytes += size(event)
		if len(s.open.events) >= s.size || s.open.bytes >= batchBytes {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	s.open.commits++
	if len(commit.Events) > 0 { // A commit without events could not be asked for later.
		s.open.last = commit.ID
	}
	if len(s.open.events) > 0 && s.now().Sub(s.open.since) >= batchAge {
		return s.flush()
	}
	return nil
}

func size(event *eventsv1.Event) int {
	n := len(event.GetPropertiesJson()) + 300
	for _, purl := range event.GetPackages() {
		n += len(purl)
	}
	return n
}

func (s *sender) flush() error {
	select {
	case s.batches <- s.open:
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
	s.open = batch{number: s.open.number + 1, commits: s.open.commits, last: s.open.last}
	return nil
}

// finish sends what is left and waits for the end of everything.
func (s *sender) finish() error {
	err := s.flush()
	close(s.batches)
	if failed := s.group.Wait(); failed != nil {
		return failed
	}
	return err
}

// stored notes a batch and tells how far the unbroken row of stored batches goes.
func (s *sender) stored(b batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready[b.number] = b
	for {
		first, ok := s.ready[s.next]
		if !ok {
			return
		}
		delete(s.ready, s.next)
		s.next++
		s.acked(first.commits, first.last)
	}
}

// deliver sends events until each is stored, a duplicate or rejected.
func (s *sender) deliver(ctx context.Context, events []*eventsv1.Event) error {
	return deliver.Events(ctx, s.client, events, s.patience.Retry(), s.note)
}

// note counts what became of an event.
func (s *sender) note(event *eventsv1.Event, result *eventsv1.CaptureResult) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summary.Events++
	switch result.GetStatus() {
	case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED:
		s.summary.Stored++
	case eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE:
		s.summary.Duplicates++
	default:
		s.summary.Rejected++
		if len(s.summary.Rejections) < shown {
			s.summary.Rejections = append(s.summary.Rejections, Rejection{
				EventID: event.GetId(), Name: event.GetName(), Reason: result.GetReason(), Field: result.GetField(), Message: result.GetMessage(),
			})
		}
	}
}
