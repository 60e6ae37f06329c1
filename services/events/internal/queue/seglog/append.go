package seglog

import (
	"context"

	"devtrail.dev/services/events/internal/queue"
)

// pending is a record on its way to the disk.
type pending struct {
	first   queue.Position
	entries int
	done    chan struct{}
	err     error // set before done is closed
}

// First returns the position of the first entry.
func (p *pending) First() queue.Position { return p.first }

// Wait waits for the fsync.
func (p *pending) Wait() error {
	<-p.done
	return p.err
}

// keptBuffer is how much memory is kept for the next record: a group of requests is seldom larger.
const keptBuffer = 16 << 20

// Append writes the entries as one record and has it synced in the background: records that are written while another is synced share the next fsync.
func (l *Log) Append(ctx context.Context, hour uint32, entries []queue.Entry) (queue.Pending, error) {
	if err := l.enter(ctx); err != nil {
		return nil, err
	}
	p, err := l.append(hour, entries)
	if err != nil {
		l.writing.Done()
		return nil, err
	}
	return p, nil
}

func (l *Log) append(hour uint32, entries []queue.Entry) (*pending, error) {
	l.writingMu.Lock()
	defer l.writingMu.Unlock()
	size := groupSize(entries)
	if err := l.admit(size); err != nil {
		return nil, err
	}
	if !l.fits(size) {
		if err := l.roll(max(l.options.SegmentBytes, size+stateRoom)); err != nil {
			if l.failed.Load() {
				return nil, err
			}
			return nil, queue.ErrFull.With("no file can be made for the log of accepted events: %s", err.Error()).RetryAfter(fullRetry)
		}
	}
	first := l.Last() + 1
	if cap(l.buffer) > keptBuffer {
		l.buffer = nil
	}
	l.buffer = appendGroup(l.buffer[:0], l.active.number, hour, first, entries)
	start := l.active.end
	if err := l.write(); err != nil {
		return nil, err
	}
	p := &pending{done: make(chan struct{}), entries: len(entries), first: first}
	at := start + size
	for i := range entries {
		at -= int64(len(entries[i].Frame))
	}
	l.mu.Lock()
	for i := range entries {
		l.frames.add(frame{segment: l.active, offset: at, size: len(entries[i].Frame), received: entries[i].Received.UnixMicro()})
		at += int64(len(entries[i].Frame))
	}
	l.last += queue.Position(len(entries))
	l.active.last = l.last
	l.floor = min(l.floor, hour) // the clock went back since that was forgotten
	l.unsynced = append(l.unsynced, p)
	l.mu.Unlock()
	l.wake(l.sync)
	return p, nil
}

// write writes the buffer to the active segment. The lock on writing must be held.
func (l *Log) write() error {
	if l.failed.Load() {
		return queue.ErrClosed.With("the log of accepted events cannot be written any more")
	}
	if _, err := l.active.file.Write(l.buffer); err != nil {
		return l.fail(err)
	}
	l.active.end += int64(len(l.buffer))
	return nil
}

// admit refuses what the budget or the disk has no room for, before anything is written. The lock on writing must be held.
func (l *Log) admit(size int64) error {
	l.mu.Lock()
	err, stats := l.ready(), l.frames.stats()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if stats.Bytes+size > l.options.Bytes {
		return queue.ErrFull.With("%d bytes of accepted events wait for the database, at most %d may", stats.Bytes, l.options.Bytes).RetryAfter(fullRetry)
	}
	free, err := l.space.Free(l.options.FS, l.options.Dir, l.options.Spare, size)
	if err != nil {
		return queue.ErrClosed.Wrap(err)
	}
	if free < l.options.Spare+size {
		return queue.ErrFull.With("the disk of the log of accepted events is full: %d bytes are free, %d are kept free", free, l.options.Spare).RetryAfter(fullRetry)
	}
	return nil
}
