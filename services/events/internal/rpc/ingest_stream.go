package rpc

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/wire"
)

// maxUnanswered is how many batches of a stream may be unanswered before no more are read.
const maxUnanswered = 16

// answer is the answer to a batch of a stream, or why there is none.
type answer struct {
	response *wire.Answer
	err      error
}

// conversation is a stream of batches on its way.
type conversation struct {
	server  *ingestServer
	stream  grpc.ServerStream
	answers chan chan answer // in the order of the batches; closed when the client has no more
	slots   chan struct{}    // a token for each unanswered batch
	ended   error            // why nothing more is read; set before answers is closed
}

// streamEvents works on several batches at once and answers them in their order.
func (s *ingestServer) streamEvents(stream grpc.ServerStream) error {
	ctx, cancel := context.WithCancel(stream.Context())
	c := &conversation{server: s, stream: stream, answers: make(chan chan answer, maxUnanswered), slots: make(chan struct{}, maxUnanswered)}
	go c.receive(ctx) // Recv ends when we return, not before
	err := c.reply()
	cancel()
	c.settle()
	return err
}

// receive starts the work on each batch.
func (c *conversation) receive(ctx context.Context) {
	defer close(c.answers)
	for {
		letter := c.server.letter(true)
		if err := c.stream.RecvMsg(letter); err != nil {
			if !errors.Is(err, io.EOF) {
				c.ended = err
			}
			return
		}
		select {
		case c.slots <- struct{}{}:
		case <-ctx.Done():
			c.ended = ctx.Err()
			return
		}
		next := make(chan answer, 1)
		c.answers <- next
		work := func() { next <- c.server.answer(ctx, letter) }
		if !c.server.lend(work) {
			go work()
		}
	}
}

// reply sends the answers.
func (c *conversation) reply() error {
	for next := range c.answers {
		a := <-next
		<-c.slots
		if a.err != nil {
			return a.err
		}
		if err := c.stream.SendMsg(a.response); err != nil {
			return err
		}
	}
	return c.ended
}

// settle waits for the work on batches that are answered no more. Taking all slots, it lets no other begin.
func (c *conversation) settle() {
	for taken := 0; taken < maxUnanswered; {
		select {
		case c.slots <- struct{}{}:
			taken++
		case next, open := <-c.answers:
			if !open {
				return
			}
			<-next
			<-c.slots
		}
	}
}

// answer works on a batch. What is exhausted is said of each event, so that a long-lived stream lives through it.
func (s *ingestServer) answer(ctx context.Context, letter *wire.Letter) answer {
	response, err := s.capture(ctx, letter, true)
	if err != nil && fault.KindOf(err) == fault.Exhausted {
		response, err = &wire.Answer{Letter: letter, Release: func() {}, Results: allRetry(letter.Len(), err)}, nil
	}
	return answer{err: err, response: response}
}

// allRetry is the results of a batch of which nothing was kept.
func allRetry(n int, err error) []ingest.Result {
	after := time.Second
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Retry() > 0 {
		after = f.Retry()
	}
	results := make([]ingest.Result, n)
	for i := range results {
		results[i] = ingest.Result{RetryAfter: after, Status: ingest.Retry}
	}
	return results
}
