package seglog

import (
	"context"
	"slices"

	"devtrail.dev/services/events/internal/queue"
)

// Read returns frames in their order.
func (l *Log) Read(ctx context.Context, after, upTo queue.Position, bytes int, room []byte) (records []queue.Record, err error) {
	if err := l.enter(ctx); err != nil {
		return nil, err
	}
	defer l.writing.Done()
	l.using.RLock()
	defer l.using.RUnlock()
	first, some := l.find(after, upTo, bytes)
	records = make([]queue.Record, 0, len(some))
	for i, f := range some {
		var to []byte
		if cap(room)-len(room) < f.size {
			to = make([]byte, f.size)
		} else {
			room = room[:len(room)+f.size]
			to = room[len(room)-f.size : len(room) : len(room)]
		}
		if _, err := f.segment.file.ReadAt(to, f.offset); err != nil {
			return nil, queue.ErrUnavailable.Wrap(err)
		}
		records = append(records, queue.Record{Frame: to, Position: first + queue.Position(i)})
	}
	return records, nil
}

// find returns where frames stand, and the position of the first.
func (l *Log) find(after, upTo queue.Position, bytes int) (first queue.Position, some []frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = max(after, l.committed) + 1
	waiting := l.frames.waiting()
	if upTo = min(upTo, l.last); upTo < first {
		return first, nil
	}
	waiting = waiting[first-l.committed-1 : upTo-l.committed]
	n := 0
	for ; n < len(waiting); n++ {
		if bytes -= waiting[n].size; bytes < 0 && n > 0 {
			break
		}
	}
	return first, slices.Clone(waiting[:n])
}
