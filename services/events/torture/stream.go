package torture

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/pause"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// mostUnanswered is how many batches a streamer sends ahead.
const mostUnanswered = 8

// streamPatience is how long a streamer waits for an answer before it begins anew.
const streamPatience = 3 * time.Second

// owed is a batch of a stream that is not acknowledged yet.
type owed struct {
	batch
	sequence int64
	again    bool // it was acknowledged before and is sent as if it had not been heard
}

// stream sends batches without waiting for each answer. A stream is of one organization and ends after some batches; what it leaves unanswered is sent
// in the next one.
func (c *client) stream(ctx context.Context) error {
	var open []*owed
	for ctx.Err() == nil && (!c.crowd.ending.Load() || len(open) > 0) {
		if len(open) == 0 {
			c.crowd.unanswered.Add(1)
			open = append(open, &owed{batch: c.next()})
		}
		var err error
		if open, err = c.converse(ctx, open); err != nil {
			return err
		}
		if pause.For(ctx, 20*time.Millisecond) != nil {
			return nil //nolint:nilerr // the end of ctx is the wished end
		}
	}
	return nil
}

// converse sends what is owed and then more, until the stream breaks or enough was sent; it returns what is owed still.
func (c *client) converse(ctx context.Context, open []*owed) (left []*owed, err error) {
	organization := open[0].organization()
	ctx, cancel := context.WithCancel(dial.WithOrganization(ctx, organization))
	defer cancel()
	stream, err := c.service.StreamEvents(ctx)
	if err != nil {
		return open, c.final(err)
	}
	talk := conversation{answers: make(chan *eventsv1.StreamEventsResponse, 2*mostUnanswered), client: c, stream: stream}
	for _, o := range open {
		if o.organization() == organization {
			talk.open = append(talk.open, o)
		} else {
			talk.later = append(talk.later, o)
		}
	}
	var reading sync.WaitGroup
	reading.Go(talk.receive)
	defer func() {
		cancel()
		for range talk.answers { // so that the reader ends
		}
		reading.Wait()
		left = append(talk.open, talk.later...)
	}()
	hung := time.AfterFunc(streamPatience, cancel) // also a Send that flow control holds
	defer hung.Stop()
	for _, o := range talk.open {
		if !talk.send(o) {
			return nil, nil
		}
	}
	for more := 20 + c.chance.IntN(100); more > 0 || len(talk.open) > 0; {
		extending := more > 0 && len(talk.open) < mostUnanswered && len(talk.later) == 0 && !c.crowd.ending.Load()
		if extending {
			more--
			if !talk.extend(ctx, organization) {
				return nil, nil
			}
		} else {
			more = min(more, len(talk.open)) // who cannot send more ends when all is answered
		}
		heard, err := talk.listen(ctx, !extending)
		if !heard || err != nil {
			return nil, err
		}
		hung.Reset(streamPatience)
	}
	return nil, nil
}

// conversation is a stream under way.
type conversation struct {
	answers  chan *eventsv1.StreamEventsResponse // closed when no more will come
	client   *client
	ended    error   // why, set before
	later    []*owed // of another organization
	open     []*owed
	sequence int64
	stream   eventsv1.IngestService_StreamEventsClient
}

func (t *conversation) receive() {
	defer close(t.answers)
	for {
		res, err := t.stream.Recv()
		if err != nil {
			t.ended = err
			return
		}
		t.answers <- res
	}
}

// extend sends a new batch; false means that the stream is broken.
func (t *conversation) extend(ctx context.Context, organization string) bool {
	next := &owed{batch: t.client.next()}
	t.client.crowd.unanswered.Add(1)
	if next.organization() != organization {
		t.later = append(t.later, next)
		return true
	}
	t.open = append(t.open, next)
	return t.send(next) && t.client.breathe(ctx, next.batch)
}

// listen takes an answer, if there is one or if it is to be waited for; false means that the stream is broken.
func (t *conversation) listen(ctx context.Context, wait bool) (heard bool, err error) {
	if len(t.open) == 0 {
		return true, nil
	}
	if !wait {
		select {
		case res, more := <-t.answers:
			if !more {
				return false, t.client.final(t.ended)
			}
			return true, t.hear(ctx, res)
		default:
			return true, nil
		}
	}
	res, more := <-t.answers
	if !more {
		return false, t.client.final(t.ended)
	}
	return true, t.hear(ctx, res)
}

// send sends a batch; false means that the stream is broken.
func (t *conversation) send(o *owed) bool {
	t.sequence++
	o.sequence = t.sequence
	return t.stream.Send(&eventsv1.StreamEventsRequest{Ack: o.ack, Events: o.events(), Sequence: o.sequence}) == nil
}

// hear takes an answer. What is to come again, and some of what is acknowledged, is sent again.
func (t *conversation) hear(ctx context.Context, res *eventsv1.StreamEventsResponse) error {
	i := slices.IndexFunc(t.open, func(o *owed) bool { return o.sequence == res.GetSequence() })
	if i < 0 {
		return fmt.Errorf("an answer to batch %d of a stream, which is not open", res.GetSequence())
	}
	o := t.open[i]
	acked, err := t.client.judge(o.batch, res.GetResults())
	switch {
	case err != nil:
		return err
	case !acked:
		_ = pause.For(ctx, 20*time.Millisecond)
	case !o.again && t.client.chance.IntN(3) == 0:
		o.again = true
		t.client.crowd.repeated.Add(int64(o.size))
	default:
		t.client.crowd.unanswered.Add(-1)
		t.open = slices.Delete(t.open, i, i+1)
		return nil
	}
	t.send(o) // a stream that is broken is noticed by who reads it
	return nil
}
