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
	cuts := l.cuts
	l.mu.Unlock()
	if err := l.writeState(upTo, cuts, 0); err != nil {
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
	if err := l.writeState(l.Committed(), cuts, commitRoom); err != nil {
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

// commitRoom is what bounds leave of the room for states: what was stored can be committed, which makes room on a full disk, although no more can be begun.
const commitRoom = 64 << 10

// writeState writes how far frames are committed and the bounds of blocks, so that there is room for so many bytes behind it: into the next segment when there is
// none in the active one, since a file that grows takes room of the disk that nobody has made sure of. The lock on writing must be held.
func (l *Log) writeState(committed queue.Position, cuts []byte, behind int64) error {
	if size := stateBytes + int64(len(cuts)) + behind; l.active.end+size > l.active.room {
		if err := l.roll(max(stateRoom, 2*size)); err != nil { // no larger than must be, if none is made already: the disk may be almost full
			if l.failed.Load() {
				return err
			}
			return queue.ErrFull.With("no file can be made for the bounds of blocks: %s", err.Error()).RetryAfter(fullRetry)
		}
	}
	l.buffer = appendState(l.buffer[:0], l.active.number, l.Last()+1, committed, cuts)
	return l.write()
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
