package jetstream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"devtrail.dev/services/events/internal/queue"
)

// Commit writes down the ids of the frames, then how far they are committed, and has the broker forget the messages that nobody needs any more.
func (l *Log) Commit(ctx context.Context, upTo queue.Position) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if upTo <= l.Committed() {
		return nil
	}
	if err := l.memory.flush(ctx); err != nil {
		return err
	}
	if err := l.change(ctx, func(r *record) { r.Committed = max(r.Committed, upTo) }); err != nil {
		return err
	}
	l.mu.Lock()
	l.committed = max(l.committed, upTo)
	l.waiting.Drop(upTo)
	needed := l.next
	if first := l.waiting.First(); first != 0 {
		needed = sequenceOf(first)
	}
	l.mu.Unlock()
	// What is not forgotten now is forgotten with the next commit.
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stream, err := l.js.Stream(patient, l.options.Stream)
	if err == nil {
		err = stream.Purge(patient, jetstream.WithPurgeSequence(needed))
	}
	if err != nil {
		l.options.Logger.WarnContext(ctx, "committed frames are not forgotten yet", "error", err)
	}
	return nil
}

// Confirm changes nothing of the record but its count of changes, which only the owner can.
func (l *Log) Confirm(ctx context.Context) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return l.change(ctx, func(*record) {})
}

// SetCuts keeps the bounds of blocks in the record, where whoever takes the log over finds them.
func (l *Log) SetCuts(ctx context.Context, cuts []queue.Cut) error {
	leave, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	encoded := queue.EncodeCuts(cuts)
	return l.change(ctx, func(r *record) { r.Cuts = encoded })
}

// Cuts returns them.
func (l *Log) Cuts(ctx context.Context) ([]queue.Cut, error) {
	leave, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return queue.DecodeCuts(l.state.record.Cuts)
}

// change changes the record, and gives the log up when it is another's.
func (l *Log) change(ctx context.Context, edit func(*record)) error {
	err := l.state.change(ctx, edit)
	if errors.Is(err, errLost) {
		l.lose(err.Error())
		return queue.ErrClosed.Wrap(err)
	}
	return err
}
