package torture

import (
	"context"
	"errors"
	"time"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// deadlines are how long a caller waits for an answer: some leave while the service still works on what they sent.
var deadlines = [...]time.Duration{20 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second, 20 * time.Second}

// call sends one batch after the other.
func (c *client) call(ctx context.Context) error {
	for !c.crowd.ending.Load() {
		b := c.next()
		c.crowd.unanswered.Add(1)
		for {
			acked, err := c.capture(ctx, b, deadlines[c.chance.IntN(len(deadlines))])
			if err != nil {
				return err
			}
			if acked {
				break
			}
			if pause.For(ctx, 20*time.Millisecond) != nil {
				return nil //nolint:nilerr // the end of ctx is the wished end
			}
		}
		c.crowd.unanswered.Add(-1)
		if c.chance.IntN(3) == 0 {
			c.crowd.repeated.Add(int64(b.size))
			if _, err := c.capture(ctx, b, deadlines[len(deadlines)-1]); err != nil {
				return err
			}
		}
		if !c.breathe(ctx, b) {
			return nil
		}
	}
	return nil
}

// capture sends a batch once; false means that it is to be sent again.
func (c *client) capture(ctx context.Context, b batch, within time.Duration) (acked bool, err error) {
	ctx, cancel := context.WithTimeout(dial.WithOrganization(ctx, b.organization()), within)
	defer cancel()
	res, err := c.service.CaptureEvents(ctx, &eventsv1.CaptureEventsRequest{Ack: b.ack, Events: b.events()})
	if err != nil {
		return false, c.final(err)
	}
	return c.judge(b, res.GetResults())
}

// final is the error when sending again cannot help: the service has a bug then, since we send nothing wrong.
func (c *client) final(err error) error {
	told, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return nil
	}
	switch told.Kind() {
	case fault.Exhausted:
		c.crowd.refused.Add(1)
		return nil
	case fault.Invalid, fault.NotFound, fault.Denied, fault.Unauthenticated, fault.State, fault.Internal:
		return err
	default:
		return nil
	}
}
