package jetstream

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events/internal/queue"
)

// lead waits for the log, takes it over and keeps it until ctx ends or it is lost.
func (l *Log) lead(ctx context.Context) {
	for {
		err := l.claim(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, nats.ErrNoServers) && !errors.Is(err, nats.ErrConnectionReconnecting) {
			l.options.Logger.WarnContext(ctx, "the log of accepted events cannot be taken over yet", "error", err)
		}
		if pause.For(ctx, longestPause/4) != nil {
			return
		}
	}
	close(l.owned)
	l.options.Logger.InfoContext(ctx, "this instance has the log of accepted events", "stream", l.options.Stream)
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { (&sender{log: l}).run(ctx) })
	for pause.For(ctx, l.options.Lease/3) == nil {
		err := l.state.change(ctx, func(*record) {})
		if errors.Is(err, errLost) {
			l.lose(err.Error())
			return
		}
		if err = errors.Join(err, l.memory.flush(ctx)); err != nil && ctx.Err() == nil {
			l.options.Logger.WarnContext(ctx, "the log of accepted events is not renewed", "error", err)
		}
	}
}

// claim waits for the turn, stops whoever had the log, and reads what is there.
func (l *Log) claim(ctx context.Context) error {
	for name, subjects := range map[string]string{l.options.Stream: l.frames(), l.idStream(): l.idSubject("*")} {
		if _, err := l.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			AllowDirect: true, Description: "log of accepted events", Discard: jetstream.DiscardNew, MaxBytes: -1, MaxMsgs: -1, Name: name,
			Replicas: l.options.Replicas, Storage: jetstream.FileStorage, Subjects: []string{subjects},
		}); err != nil {
			return err
		}
	}
	if err := l.state.acquire(ctx); err != nil {
		return err
	}
	first, fence, err := l.open(ctx)
	if err != nil {
		return err
	}
	var waiting queue.Backlog
	last := l.state.record.Committed
	if err := l.groups(ctx, first, fence, func(sequence uint64, hour uint32, entries []queue.Entry) bool {
		for i, e := range entries {
			l.memory.add(hour, e.Organization, e.IDs)
			if at := positionOf(sequence, i); at > l.state.record.Committed {
				waiting.Add(queue.Waiting{Bytes: weight(e), Position: at, Received: e.Received})
				last = at
			}
		}
		return true
	}); err != nil {
		return err
	}
	if err := l.memory.flush(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.last, l.committed, l.next, l.elsewhere = waiting, last, l.state.record.Committed, fence+1, ""
	return nil
}

// open writes the message after which nothing of an earlier owner is taken. It returns where the stream begins, and the message's sequence.
func (l *Log) open(ctx context.Context) (first, fence uint64, err error) {
	for {
		stream, err := l.js.Stream(ctx, l.options.Stream)
		if err != nil {
			return 0, 0, err
		}
		at := stream.CachedInfo().State
		msg := nats.NewMsg(l.frames())
		msg.Data = encodePiece(kindOpen, l.writer, 0, 1, nil)
		ack, err := l.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequence(at.LastSeq))
		if err == nil {
			return max(at.FirstSeq, 1), ack.Sequence, nil
		}
		if !conflict(err) {
			return 0, 0, err
		}
	}
}

// yield notes who has the log.
func (l *Log) yield(instance string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.elsewhere = instance
}

// frames is the subject of appends.
func (l *Log) frames() string { return l.options.Stream + ".log" }
