package pebblelog

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"devtrail.dev/services/events/internal/queue"
)

// pending is a group of entries on its way to the disk.
type pending struct {
	first queue.Position
	done  chan struct{}
	err   error // set before done is closed
}

// First returns the position of the first entry.
func (p *pending) First() queue.Position { return p.first }

// Wait waits for the fsync.
func (p *pending) Wait() error {
	<-p.done
	return p.err
}

// Append makes one batch of the entries and writes it in the background: writes that are under way together share an fsync.
func (l *Log) Append(ctx context.Context, hour uint32, entries []queue.Entry) (queue.Pending, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var size int64
	for _, e := range entries {
		size += int64(len(e.Frame)) + receivedBytes
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.failed.Load() {
		return nil, queue.ErrClosed
	}
	if err := l.admit(size); err != nil {
		return nil, err
	}
	p := &pending{first: l.last + 1, done: make(chan struct{})}
	batch := l.db.NewBatchWithSize(room(entries), pebble.WithMaxRetainedSizeBytes(batchBytes))
	for i, e := range entries {
		if err := set(batch, p.first+queue.Position(i), hour, e); err != nil {
			return nil, errors.Join(err, batch.Close())
		}
	}
	for i, e := range entries {
		l.waiting.Add(queue.Waiting{Bytes: int64(len(e.Frame)) + receivedBytes, Position: p.first + queue.Position(i), Received: e.Received})
	}
	l.last += queue.Position(len(entries))
	l.writing.Go(func() {
		defer close(p.done)
		p.err = l.commit(batch, pebble.Sync)
		if err := batch.Close(); err != nil && p.err == nil {
			p.err = queue.ErrClosed.Wrap(err)
		}
	})
	return p, nil
}

// batchBytes is how much memory of a batch is kept for the next one: a group of requests is seldom larger.
const batchBytes = 16 << 20

// room is the size of a batch of entries, at most: one that grows is copied.
func room(entries []queue.Entry) int {
	const header, overhead = 12, 2 * (1 + 13 + 2*5)
	n := header
	for _, e := range entries {
		n += overhead + receivedBytes + len(e.Frame) + 16*(1+len(e.IDs))
	}
	return n
}

// set writes an entry into a batch.
func set(batch *pebble.Batch, at queue.Position, hour uint32, e queue.Entry) error {
	op := batch.SetDeferred(1+8, receivedBytes+len(e.Frame))
	copy(op.Key, frameKey(at))
	binary.BigEndian.PutUint64(op.Value, uint64(e.Received.UnixMicro()))
	copy(op.Value[receivedBytes:], e.Frame)
	if err := op.Finish(); err != nil {
		return err
	}
	if len(e.IDs) == 0 {
		return nil
	}
	op = batch.SetDeferred(1+4+8, 16*(1+len(e.IDs)))
	copy(op.Key, memoryKey(hour, at))
	appendMemory(op.Value[:0], e.Organization, e.IDs)
	return op.Finish()
}

// admit refuses what the budget or the disk has no room for, before anything is written. The log must be locked.
func (l *Log) admit(size int64) error {
	stats := l.waiting.Stats()
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
