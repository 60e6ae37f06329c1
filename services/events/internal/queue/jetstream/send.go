package jetstream

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/internal/queue"
)

// sender brings messages to the stream in their order. Each names the sequence that it follows, so that it is taken once and at its place alone, however
// often it is sent; a message that was sent and not answered is looked for before it is sent again.
type sender struct {
	log    *Log
	flying []flying // sent or to be sent, in order
	pause  time.Duration
}

type flying struct {
	message
	ack jetstream.PubAckFuture // nil when it could not be sent
}

// run ends with ctx, or when the log is lost; then nothing on its way is told to be kept.
func (s *sender) run(ctx context.Context) {
	defer s.abandon()
	for {
		s.take()
		if len(s.flying) == 0 {
			select {
			case <-s.log.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		first := s.flying[0]
		if first.ack == nil {
			if !s.again(ctx, nil) {
				return
			}
			continue
		}
		select {
		case <-s.log.wake:
		case <-first.ack.Ok():
			s.arrived()
		case err := <-first.ack.Err():
			if !s.again(ctx, err) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// take sends what is new. While the first is not settled after a failure, the others wait.
func (s *sender) take() {
	s.log.mu.Lock()
	fresh := s.log.outgoing
	s.log.outgoing = nil
	s.log.mu.Unlock()
	for _, m := range fresh {
		f := flying{message: m}
		if len(s.flying) == 0 || s.flying[len(s.flying)-1].ack != nil {
			f.ack = s.publish(m)
		}
		s.flying = append(s.flying, f)
	}
}

// publish sends a message; nil when that is not possible now.
func (s *sender) publish(m message) jetstream.PubAckFuture {
	msg := nats.NewMsg(s.log.frames())
	msg.Data = m.data
	ack, err := s.log.js.PublishMsgAsync(msg, jetstream.WithExpectLastSequence(m.sequence-1))
	if err != nil {
		return nil
	}
	return ack
}

// arrived settles the first message.
func (s *sender) arrived() {
	f := s.flying[0]
	s.flying = s.flying[1:]
	s.pause = 0
	if f.append != nil {
		f.append.settle(nil)
	}
}

// again finds out which messages are there and sends the others once more. It returns false when there is no use in it.
func (s *sender) again(ctx context.Context, cause error) bool {
	if (s.pause > 0 || cause == nil) && pause.For(ctx, max(s.pause, firstPause)) != nil {
		return false
	}
	s.pause = min(max(2*s.pause, firstPause), longestPause)
	for len(s.flying) > 0 {
		there, err := s.there(ctx, s.flying[0].message)
		if errors.Is(err, queue.ErrClosed) {
			s.log.lose(err.Error())
			return false
		}
		if err != nil { // the broker is away
			s.flying[0].ack = nil
			return ctx.Err() == nil
		}
		if !there {
			break
		}
		s.arrived()
	}
	sending := true
	for i := range s.flying {
		s.flying[i].ack = nil
		if sending {
			s.flying[i].ack = s.publish(s.flying[i].message)
			sending = s.flying[i].ack != nil
		}
	}
	return true
}

// there tells whether a message is in the stream. The error is ErrClosed when its place is another's, or when the stream lost what came before it.
func (s *sender) there(ctx context.Context, m message) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stream, err := s.log.js.Stream(ctx, s.log.options.Stream)
	if err != nil {
		return false, err
	}
	end := stream.CachedInfo().State.LastSeq
	if end < m.sequence {
		if end+1 < m.sequence {
			return false, queue.ErrClosed.With("the stream %s ends at %d, but %d was acknowledged", s.log.options.Stream, end, m.sequence-1)
		}
		return false, nil
	}
	found, err := stream.GetMsg(ctx, m.sequence)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(found.Data, m.data) {
		return false, queue.ErrClosed.With("another instance took over the log of accepted events")
	}
	return true, nil
}

// abandon answers all that is on its way.
func (s *sender) abandon() {
	s.log.mu.Lock()
	rest := s.log.outgoing
	s.log.outgoing = nil
	if s.log.lost == nil {
		s.log.lost = queue.ErrClosed
	}
	s.log.mu.Unlock()
	for _, f := range s.flying {
		if f.append != nil {
			f.append.settle(queue.ErrClosed)
		}
	}
	for _, m := range rest {
		if m.append != nil {
			m.append.settle(queue.ErrClosed)
		}
	}
}
