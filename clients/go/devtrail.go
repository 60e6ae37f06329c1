// Package devtrail sends events to Devtrail from a Go program. A [Client] gathers events into batches, sends them in the background, and sends again
// what the service could not keep, each event for itself; ids make that safe. It keeps its queue in memory and writes nothing to the disk: when the
// queue is full the sender waits, and [Client.Close] sends what is left. It stands outside the suite, before the gRPC door of the events service.
package devtrail

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

var (
	// ErrClosed is what Send answers after Close.
	ErrClosed = errors.New("devtrail: the client is closed")
	// ErrTooLarge is what Send answers for an event that no service takes.
	ErrTooLarge = errors.New("devtrail: the event is too large")
	// ErrUnsent is what Flush and Close answer when their time ran out before every event was settled. The error tells what the last request failed of, too.
	ErrUnsent = errors.New("devtrail: events are not sent")

	errAnswer    = errors.New("devtrail: the service answered another number of events")
	errElsewhere = errors.New("devtrail: another instance takes events in")
)

// reasonElsewhere is what an instance says that does not have the log.
const reasonElsewhere = "QUEUE_ELSEWHERE"

// maxEvent is the largest event that a service takes, with room for its frame.
const maxEvent = 1<<20 + 16<<10

// Stats are counts since the client was made.
type Stats struct {
	Queued     int   // events that are not settled
	Stored     int64 // kept by the service
	Duplicates int64 // had been kept before
	Rejected   int64 // refused for good
	Retries    int64 // times that an event was sent again
	LastError  error // why events of the last request are to be sent again; nil when none are
}

// Client sends events. It may be used by many goroutines at once.
type Client struct {
	cfg    Config
	conn   *grpc.ClientConn
	client eventsv1.IngestServiceClient

	mu      sync.Mutex
	queue   []queued // not settled, in the order of Send; the first under way ones included
	bytes   int
	taken   uint64        // events that Send has taken, ever: the number of the last one
	changed chan struct{} // closed when room was made or something was settled
	closed  bool
	stats   Stats

	wake    chan struct{}      // something is queued, or is to be sent at once
	hurry   uint64             // events up to this one do not linger
	stop    context.CancelFunc // ends the sending, settled or not
	stopped chan struct{}      // closed when the sender is gone
}

type queued struct {
	event *eventsv1.Event
	seq   uint64 // its number, from 1
	size  int
	since time.Time
}

// New returns a client. It does not connect yet; a wrong address or key shows when events are sent, in the log and in Stats.
func New(cfg Config) (*Client, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	conn, err := dial(cfg)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{
		cfg: cfg, conn: conn, client: eventsv1.NewIngestServiceClient(conn),
		changed: make(chan struct{}), wake: make(chan struct{}, 1), stop: stop, stopped: make(chan struct{}),
	}
	go func() {
		defer close(c.stopped)
		c.run(ctx)
	}()
	return c, nil
}

// Send takes events for sending. It waits while the queue is full, until ctx ends; then none or some of the first are taken, and the error says how many.
// An event without id gets one, an event without time gets the present one, and one with an age the time that it means now; do not change an event after.
func (c *Client) Send(ctx context.Context, events ...*eventsv1.Event) error {
	for i, e := range events {
		if err := c.send(ctx, e); err != nil {
			if i > 0 {
				err = fmt.Errorf("after %d of %d events: %w", i, len(events), err)
			}
			return err
		}
	}
	return nil
}

func (c *Client) send(ctx context.Context, e *eventsv1.Event) error {
	if e.GetId() == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("devtrail: make an id: %w", err)
		}
		e.Id = id.String()
	}
	if e.AgeMs != nil && e.GetAgeMs() >= 0 && e.GetAgeMs() <= math.MaxInt64/int64(time.Millisecond) {
		// The service counts an age back from its arrival, which is later by the time an event waits here and other with each attempt.
		e.OccurredAt = timestamppb.New(c.cfg.Now().Add(-time.Duration(e.GetAgeMs()) * time.Millisecond))
		e.AgeMs, e.TimeExact = nil, false
	}
	if e.GetOccurredAt() == nil {
		e.OccurredAt = timestamppb.New(c.cfg.Now())
	}
	size := proto.Size(e)
	if size > maxEvent {
		return fmt.Errorf("%w: %d bytes, at most %d are taken", ErrTooLarge, size, maxEvent)
	}
	for {
		room, err := c.take(e, size)
		if room == nil || err != nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take puts an event into the queue, or returns what to wait for.
func (c *Client) take(e *eventsv1.Event, size int) (<-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if len(c.queue) > 0 && (len(c.queue) >= c.cfg.QueueEvents || c.bytes+size > c.cfg.QueueBytes) {
		c.hurry = c.taken // nothing can join what lingers
		c.poke()
		return c.changed, nil
	}
	c.taken++
	c.queue = append(c.queue, queued{event: e, seq: c.taken, size: size, since: c.cfg.Now()})
	c.bytes += size
	c.poke()
	return nil, nil //nolint:nilnil // there is nothing to wait for
}

// poke wakes the sender. It must not find the sender waiting for nothing: one token is enough.
func (c *Client) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Stats tells how the sending goes.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Queued = len(c.queue)
	return s
}

// Flush sends at once what Send has taken so far and returns when each event of it is settled: stored, a duplicate, or rejected.
// When ctx ends before, the error is ErrUnsent and the sending goes on.
func (c *Client) Flush(ctx context.Context) error {
	c.mu.Lock()
	until := c.taken
	c.hurry = max(c.hurry, until)
	c.poke()
	for left := c.unsettled(until); left > 0; left = c.unsettled(until) {
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-c.stopped:
			return c.unsent(left, nil)
		case <-ctx.Done():
			return c.unsent(left, ctx.Err())
		}
		c.mu.Lock()
	}
	c.mu.Unlock()
	return nil
}

// unsent says how many events are not sent, and why: without Failed and Logger nobody hears elsewhere of a key that is not accepted.
func (c *Client) unsent(events int, ended error) error {
	err := fmt.Errorf("%w: %d of them", ErrUnsent, events)
	if ended != nil {
		err = fmt.Errorf("%w: %w", err, ended)
	}
	if last := c.Stats().LastError; last != nil {
		err = fmt.Errorf("%w: the last request: %w", err, last)
	}
	return err
}

// unsettled counts the queued events up to a number.
func (c *Client) unsettled(until uint64) int {
	n := 0
	for n < len(c.queue) && c.queue[n].seq <= until {
		n++
	}
	return n
}

// Close takes no more events, sends what is left until ctx ends, and closes the connection. The error is ErrUnsent when events are lost by it.
// A second Close waits for the first, until its own ctx ends. Nothing is sent for a ctx that has ended, as that of a program has when it is told to stop.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	again := c.closed
	c.closed = true
	close(c.changed) // who waits for room is told
	c.changed = make(chan struct{})
	c.mu.Unlock()
	err := c.Flush(ctx)
	if again {
		select {
		case <-c.stopped:
		case <-ctx.Done():
		}
		return err
	}
	c.stop()
	<-c.stopped
	return errors.Join(err, c.conn.Close())
}
