package seglog

import (
	"slices"
	"time"

	"devtrail.dev/services/events/internal/queue"
)

// frame is where a frame that waits stands.
type frame struct {
	segment  *segment
	offset   int64
	size     int
	received int64 // microseconds
}

// frames are those that wait, in the order of their positions, which have no gaps. The zero value is empty.
type frames struct {
	list  []frame
	gone  int // of the list, from its start
	bytes int64
}

func (f *frames) waiting() []frame { return f.list[f.gone:] }

func (f *frames) add(next frame) {
	f.list = append(f.list, next)
	f.bytes += int64(next.size)
}

// drop forgets the first n.
func (f *frames) drop(n int) {
	n = min(n, len(f.waiting()))
	for _, gone := range f.waiting()[:n] {
		f.bytes -= int64(gone.size)
	}
	if f.gone += n; f.gone > len(f.list)/2 {
		f.list = slices.Delete(f.list, 0, f.gone)
		f.gone = 0
	}
}

func (f *frames) stats() queue.Stats {
	s := queue.Stats{Bytes: f.bytes, Frames: int64(len(f.waiting()))}
	if s.Frames > 0 {
		s.Oldest = time.UnixMicro(f.waiting()[0].received).UTC()
	}
	return s
}
