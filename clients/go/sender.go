package devtrail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// maxTurns is how often in a row events go to the next instance at once: more often than there are instances that share a log. A client that reaches no other
// waits as for anything that is away.
const maxTurns = 16

// run sends batches until ctx ends. One request is under way at a time, so that events are stored in their order and a service in trouble is not
// pressed by its clients.
func (c *Client) run(ctx context.Context) {
	failures, turns := 0, 0
	limit := c.cfg.BatchEvents // halved when a request is refused as a whole, or is not answered in time
	for ctx.Err() == nil {
		batch, wait := c.next(limit)
		if len(batch) == 0 {
			c.idle(ctx, wait)
			continue
		}
		pause, err := c.deliver(ctx, batch)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errElsewhere) && turns < maxTurns {
			turns++
			continue
		}
		turns = 0
		if err == nil {
			if failures > 0 {
				c.cfg.Logger.InfoContext(ctx, "events are sent again")
			}
			failures, limit = 0, min(limit*2, c.cfg.BatchEvents)
			continue
		}
		if refused(err) {
			if len(batch) > 1 {
				limit = len(batch) / 2
				continue
			}
			c.drop(batch[0], err)
			continue
		}
		if status.Code(err) == codes.DeadlineExceeded {
			limit = max(len(batch)/2, 1) // it may be more than the link or the service can do in the time
		}
		failures++
		c.cfg.Logger.WarnContext(ctx, "events could not be sent, and will be again", "events", len(batch), "failures", failures, "error", err)
		if c.cfg.Failed != nil {
			c.cfg.Failed(err)
		}
		c.sleep(ctx, max(pause, c.backoff(failures)))
	}
}

// next is the batch to send now; while there is none it says how long the first event lingers, 0 when nothing is queued.
func (c *Client) next(limit int) ([]*eventsv1.Event, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, bytes := 0, 0
	for n < len(c.queue) && n < limit && (n == 0 || bytes+c.queue[n].size <= c.cfg.BatchBytes) {
		bytes += c.queue[n].size
		n++
	}
	if n == 0 {
		return nil, 0
	}
	// A batch that is full, or that somebody waits for, goes at once.
	if full := n == limit || n < len(c.queue); !full && c.hurry < c.queue[0].seq {
		if wait := c.cfg.Linger - c.cfg.Now().Sub(c.queue[0].since); wait > 0 {
			return nil, wait
		}
	}
	batch := make([]*eventsv1.Event, n)
	for i := range batch {
		batch[i] = c.queue[i].event
	}
	return batch, 0
}

// idle waits for events, or until the first has lingered.
func (c *Client) idle(ctx context.Context, wait time.Duration) {
	if wait == 0 {
		select {
		case <-c.wake:
		case <-ctx.Done():
		}
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.wake:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (c *Client) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// backoff is the wait after some failures in a row, with a random part, so that many clients do not come back at one moment.
func (c *Client) backoff(failures int) time.Duration {
	wait := c.cfg.MaxBackoff
	if shift := failures - 1; shift < 30 && c.cfg.Backoff<<shift > 0 {
		wait = min(wait, c.cfg.Backoff<<shift)
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // it spreads clients, it protects nothing
}

// deliver sends a batch and settles what the service has settled. When events are left, the error says why and the pause is what the service asks for.
func (c *Client) deliver(ctx context.Context, batch []*eventsv1.Event) (pause time.Duration, err error) {
	ack := eventsv1.AckLevel_ACK_LEVEL_DURABLE
	if c.cfg.Stored {
		ack = eventsv1.AckLevel_ACK_LEVEL_STORED
	}
	timely, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	answer, err := c.client.CaptureEvents(timely, &eventsv1.CaptureEventsRequest{Events: batch, Ack: ack, SentAt: timestamppb.New(c.cfg.Now())})
	if err == nil && len(answer.GetResults()) != len(batch) {
		err = errAnswer
	}
	if err != nil && ctx.Err() != nil {
		return 0, err // Close ended it; it says nothing about the service, and nothing is sent again
	}
	if err != nil {
		c.note(err, len(batch))
		return retryInfo(err), err
	}
	return c.settle(batch, answer.GetResults())
}

// settle takes settled events out of the queue; those that are to be sent again stay, in their order. Rejected is called first: who waits for an event to be
// settled has been told then. Nobody else takes events out.
func (c *Client) settle(batch []*eventsv1.Event, results []*eventsv1.CaptureResult) (pause time.Duration, err error) {
	for i, r := range results {
		if c.cfg.Rejected != nil && r.GetStatus() == eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED {
			c.cfg.Rejected(batch[i], r)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var kept []queued
	var why string
	for i, r := range results {
		switch r.GetStatus() {
		case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED:
			c.stats.Stored++
		case eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE:
			c.stats.Duplicates++
		case eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED:
			c.stats.Rejected++
		case eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, eventsv1.CaptureStatus_CAPTURE_STATUS_UNSPECIFIED:
			c.stats.Retries++
			pause = max(pause, r.GetRetryAfter().AsDuration(), time.Millisecond)
			kept, why = append(kept, c.queue[i]), r.GetReason()
			continue
		}
		c.bytes -= c.queue[i].size
	}
	c.queue = append(kept, c.queue[len(batch):]...)
	if len(kept) > 0 {
		err = heldBack(len(kept), why)
	}
	c.stats.LastError = err
	close(c.changed)
	c.changed = make(chan struct{})
	return pause, err
}

// heldBack says that a service has answered and keeps events for later, for a reason that it may leave out.
func heldBack(events int, reason string) error {
	switch reason {
	case reasonElsewhere:
		return errElsewhere
	case "":
		reason = "it does not say why"
	}
	return fmt.Errorf("devtrail: the service cannot keep %d events now: %s", events, reason)
}

// drop settles an event that the service refuses to read, as rejected.
func (c *Client) drop(e *eventsv1.Event, err error) {
	st := status.Convert(err)
	_, _ = c.settle([]*eventsv1.Event{e}, []*eventsv1.CaptureResult{{
		EventId: e.GetId(), Status: eventsv1.CaptureStatus_CAPTURE_STATUS_REJECTED, Reason: reason(st), Message: st.Message(),
	}})
}

func (c *Client) note(err error, events int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.LastError = err
	c.stats.Retries += int64(events)
}
