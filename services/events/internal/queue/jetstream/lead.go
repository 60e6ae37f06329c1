package jetstream

import (
	"cmp"
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
	said := ""
	for {
		err := l.turn(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		err = l.why(err)
		if reason := err.Error(); reason != said || l.nc.IsConnected() { // who is not connected fails twice a second
			said = reason
			l.options.Logger.WarnContext(ctx, "the log of accepted events cannot be taken over yet", "error", err)
		}
		if pause.For(ctx, longestPause/4) != nil {
			return
		}
	}
}

// turn waits until the log is free, takes it over, and keeps it until ctx ends or it is lost. The error says why it could not be taken over: what a claim has
// read by then counts no more.
func (l *Log) turn(ctx context.Context) error {
	if err := l.streams(ctx); err != nil {
		return err
	}
	if err := l.state.acquire(ctx); err != nil {
		return err
	}
	l.yield("")
	mine, lose := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer lose(nil)
	group.Go(func() { l.renew(mine, lose) }) // from now on: to read what waits may take longer than a lease
	err := l.claim(mine)
	if err == nil {
		err = l.state.change(mine, func(*record) {}) // it is ours still
	}
	if err != nil {
		return cmp.Or(context.Cause(mine), err)
	}
	if l.options.Acquired != nil {
		l.options.Acquired()
	}
	close(l.owned)
	l.options.Logger.InfoContext(ctx, "this instance has the log of accepted events", "stream", l.options.Stream)
	group.Go(func() { (&sender{log: l}).run(ctx) })
	for pause.For(mine, l.options.Lease/3) == nil {
		if err := l.memory.flush(mine); err != nil && mine.Err() == nil {
			l.options.Logger.WarnContext(ctx, "the ids of the log of accepted events are not written yet", "error", err)
		}
	}
	if lost := context.Cause(mine); errors.Is(lost, errLost) {
		l.lose(lost.Error())
	}
	return nil
}

// renew tells the other instances that this one is there, until ctx ends; lose is told when the log is another's.
func (l *Log) renew(ctx context.Context, lose context.CancelCauseFunc) {
	for pause.For(ctx, l.options.Lease/3) == nil {
		err := l.state.change(ctx, func(*record) {})
		if errors.Is(err, errLost) {
			lose(err)
			return
		}
		if err != nil && ctx.Err() == nil {
			l.options.Logger.WarnContext(ctx, "the log of accepted events is not renewed", "error", l.why(err))
		}
	}
}

// streams makes what the log is kept in. The streams have no bounds of their own: one that is full would not take what a new owner writes first, and could not
// be drained any more.
func (l *Log) streams(ctx context.Context) error {
	for name, subjects := range map[string]string{l.options.Stream: l.frames(), l.idStream(): l.idSubject("*")} {
		if _, err := l.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			AllowDirect: true, Description: "log of accepted events", Discard: jetstream.DiscardNew, MaxBytes: -1, MaxMsgs: -1, Name: name,
			Replicas: l.options.Replicas, Storage: jetstream.FileStorage, Subjects: []string{subjects},
		}); err != nil {
			return err
		}
	}
	return nil
}

// claim stops whoever had the log, and reads what is there.
func (l *Log) claim(ctx context.Context) error {
	first, fence, err := l.open(ctx)
	if err != nil {
		return err
	}
	committed := l.state.committed()
	var waiting queue.Backlog
	last := committed
	l.memory.empty() // of what a claim that failed has read
	if err := l.groups(ctx, first, fence, func(sequence uint64, hour uint32, entries []queue.Entry) bool {
		for i, e := range entries {
			l.memory.add(hour, e.Organization, e.IDs)
			if at := positionOf(sequence, i); at > committed {
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
	l.waiting, l.last, l.committed, l.next = waiting, last, committed, fence+1
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
		if known := l.state.reach(); at.LastSeq < known {
			// An append would be given a position that was committed, or is in a block: nobody would store it.
			return 0, 0, queue.ErrCorrupt.With("the stream %s ends at %d, but %d was in the database or on its way there: the brokers lost what they had acknowledged", l.options.Stream, at.LastSeq, known)
		}
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

// yield notes which other instance has the log, none when it is this one.
func (l *Log) yield(instance string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.elsewhere = instance
}

// frames is the subject of appends.
func (l *Log) frames() string { return l.options.Stream + ".log" }
