package seglog

import (
	"context"
	"slices"

	"devtrail.dev/services/events/internal/queue"
)

// Commit forgets frames. It is not synced: after a crash they may be read again.
func (l *Log) Commit(ctx context.Context, upTo queue.Position) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.writing.Done()
	l.writingMu.Lock()
	defer l.writingMu.Unlock()
	l.mu.Lock()
	upTo = min(upTo, l.last)
	if upTo <= l.committed {
		l.mu.Unlock()
		return nil
	}
	l.buffer = appendState(l.buffer[:0], l.active.number, l.last+1, upTo, l.cuts)
	l.mu.Unlock()
	if err := l.write(); err != nil {
		return err
	}
	l.mu.Lock()
	l.frames.drop(int(upTo - l.committed)) //nolint:gosec // no more than wait
	l.committed = upTo
	l.mu.Unlock()
	l.wake(l.retire)
	return nil
}

// SetCuts writes the bounds, synced.
func (l *Log) SetCuts(ctx context.Context, cuts []queue.Cut) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	p, err := l.setCuts(queue.EncodeCuts(cuts))
	if err != nil {
		l.writing.Done()
		return err
	}
	return p.Wait()
}

func (l *Log) setCuts(cuts []byte) (*pending, error) {
	l.writingMu.Lock()
	defer l.writingMu.Unlock()
	l.mu.Lock()
	l.buffer = appendState(l.buffer[:0], l.active.number, l.last+1, l.committed, cuts)
	l.mu.Unlock()
	if err := l.write(); err != nil {
		return nil, err
	}
	p := &pending{done: make(chan struct{})}
	l.mu.Lock()
	l.cuts = cuts
	l.unsynced = append(l.unsynced, p)
	l.mu.Unlock()
	l.wake(l.sync)
	return p, nil
}

// Cuts reads them.
func (l *Log) Cuts(ctx context.Context) ([]queue.Cut, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, queue.ErrClosed
	}
	return queue.DecodeCuts(slices.Clone(l.cuts))
}
