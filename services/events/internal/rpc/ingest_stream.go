package rpc

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/wire"
)

// How many batches of a stream may be unanswered before no more are read, and how many of them not yet durable: those take the memory of their messages.
const (
	maxUnanswered = 64
	maxAtWork     = 16
)

// submitted is a batch that is in the log, or why it is not.
type submitted struct {
	letter  *wire.Letter
	receipt ingest.Receipt
	err     error
}

// conversation is a stream of batches on its way.
type conversation struct {
	server  *ingestServer
	stream  grpc.ServerStream
	batches chan chan submitted // in their order; closed when the client has no more
	slots   chan struct{}       // a token for each unanswered batch
	atWork  chan struct{}       // a token for each that is not in the log
	ended   error               // why nothing more is read; set before batches is closed
}

// streamEvents works on several batches at once and answers them in their order.
func (s *ingestServer) streamEvents(stream grpc.ServerStream) error {
	ctx, cancel := context.WithCancel(stream.Context())
	c := &conversation{
		server: s, stream: stream, batches: make(chan chan submitted, maxUnanswered),
		slots: make(chan struct{}, maxUnanswered), atWork: make(chan struct{}, maxAtWork),
	}
	go c.receive(ctx) // Recv ends when we return, not before
	err := c.reply(ctx)
	cancel()
	c.settle(ctx)
	return err
}

// receive starts the work on each batch.
func (c *conversation) receive(ctx context.Context) {
	defer close(c.batches)
	for {
		letter := c.server.letter(true)
		if err := c.stream.RecvMsg(letter); err != nil {
			if !errors.Is(err, io.EOF) {
				c.ended = err
			}
			return
		}
		if c.ended = c.take(ctx, c.slots); c.ended != nil {
			return
		}
		if c.ended = c.take(ctx, c.atWork); c.ended != nil {
			<-c.slots
			return
		}
		next := make(chan submitted, 1)
		c.batches <- next
		work := func() {
			var receipt ingest.Receipt
			err := serve.Recovered(func() (err error) {
				receipt, err = c.server.submit(ctx, letter)
				return err
			})
			<-c.atWork
			next <- submitted{err: err, letter: letter, receipt: receipt}
		}
		if !c.server.lend(work) {
			go work()
		}
	}
}

// take takes a token as soon as there is one.
func (*conversation) take(ctx context.Context, tokens chan struct{}) error {
	select {
	case tokens <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reply sends the answers. It is here that batches wait for the database, not at work: that is one goroutine for all of them.
func (c *conversation) reply(ctx context.Context) error {
	for {
		var next chan submitted
		var open bool
		select {
		case next, open = <-c.batches:
		case <-ctx.Done(): // nothing comes from a client that is only listening
			return ctx.Err()
		}
		if !open {
			return c.ended
		}
		answer, err := c.answer(ctx, <-next)
		<-c.slots
		if err != nil {
			return err
		}
		if err := c.stream.SendMsg(answer); err != nil {
			return err
		}
	}
}

// answer is the answer to a batch. What is exhausted is said of each event, so that a long-lived stream lives through it.
func (c *conversation) answer(ctx context.Context, s submitted) (*wire.Answer, error) {
	if s.err != nil {
		if fault.KindOf(s.err) == fault.Exhausted {
			return &wire.Answer{Letter: s.letter, Release: func() {}, Results: allRetry(s.letter.Len(), s.err)}, nil
		}
		return nil, s.err
	}
	return c.server.answer(ctx, s.letter, s.receipt, true)
}

// settle waits for the work on batches that are answered no more, but not for the database: ctx has ended. Taking all slots, it lets no other begin.
func (c *conversation) settle(ctx context.Context) {
	for taken := 0; taken < maxUnanswered; {
		select {
		case c.slots <- struct{}{}:
			taken++
		case next, open := <-c.batches:
			if !open {
				return
			}
			if s := <-next; s.err == nil {
				_, _ = s.receipt.Await(ctx) // which counts what was not answered
			}
			<-c.slots
		}
	}
}

// allRetry is the results of a batch of which nothing was kept.
func allRetry(n int, err error) []ingest.Result {
	after := time.Second
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Retry() > 0 {
		after = f.Retry()
	}
	return slices.Repeat([]ingest.Result{ingest.Held(err, after)}, n)
}
