package pebblelog

import (
	"context"
	"iter"

	"github.com/cockroachdb/pebble/v2"

	"devtrail.dev/services/events/internal/queue"
)

// Read returns frames in their order.
func (l *Log) Read(ctx context.Context, after, upTo queue.Position, bytes int, room []byte) (records []queue.Record, err error) {
	iterator, err := l.iterate(ctx, frameKey(after+1), frameKey(upTo+1))
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := iterator.Close(); err == nil {
			err = e
		}
	}()
	for ok := iterator.First(); ok; ok = iterator.Next() {
		value, err := iterator.ValueAndErr()
		if err != nil {
			return nil, err
		}
		if bytes -= len(value); bytes < 0 && len(records) > 0 {
			break
		}
		frame := value[min(receivedBytes, len(value)):]
		room, frame = queue.Place(room, frame)
		records = append(records, queue.Record{Frame: frame, Position: positionOf(iterator.Key()[1:])})
	}
	return records, nil
}

// Remembered yields the ids of each append since an hour.
func (l *Log) Remembered(ctx context.Context, since uint32) iter.Seq2[queue.Memory, error] {
	return func(yield func(queue.Memory, error) bool) {
		iterator, err := l.iterate(ctx, hourKey(since), []byte{memoryPrefix + 1})
		if err != nil {
			yield(queue.Memory{}, err)
			return
		}
		for ok := iterator.First(); ok; ok = iterator.Next() {
			memory, err := memoryOf(hourOf(iterator.Key()), iterator.Value())
			if !yield(memory, err) || err != nil {
				_ = iterator.Close()
				return
			}
		}
		if err := iterator.Close(); err != nil {
			yield(queue.Memory{}, err)
		}
	}
}

// Forget drops the hours before one. It is not synced: after a crash they may be there again, which harms nobody.
func (l *Log) Forget(ctx context.Context, before uint32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return queue.ErrClosed
	}
	batch := l.db.NewBatch()
	defer batch.Close()
	if err := batch.DeleteRange([]byte{memoryPrefix}, hourKey(before), nil); err != nil {
		return err
	}
	return l.commit(batch, pebble.NoSync)
}

// iterate walks keys of a half-open range. Close waits for it.
func (l *Log) iterate(ctx context.Context, from, to []byte) (*iterator, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, queue.ErrClosed
	}
	walk, err := l.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return nil, err
	}
	l.writing.Add(1)
	return &iterator{Iterator: walk, closed: l.writing.Done}, nil
}

// iterator holds the log open while it walks.
type iterator struct {
	*pebble.Iterator
	closed func()
}

// Close ends the walk.
func (i *iterator) Close() error {
	defer i.closed()
	return i.Iterator.Close()
}
