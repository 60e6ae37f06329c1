package pebblelog

import (
	"time"

	"devtrail.dev/services/events/internal/queue"
)

// waiting is a frame that waits, without its bytes.
type waiting struct {
	bytes    int64
	position queue.Position
	received time.Time
}

// backlog knows the frames that wait, oldest first. The zero value is empty.
type backlog struct {
	frames []waiting
	bytes  int64
}

func (b *backlog) add(w waiting) {
	b.frames = append(b.frames, w)
	b.bytes += w.bytes
}

// drop forgets frames up to a position.
func (b *backlog) drop(upTo queue.Position) {
	n := 0
	for n < len(b.frames) && b.frames[n].position <= upTo {
		b.bytes -= b.frames[n].bytes
		n++
	}
	b.frames = b.frames[n:]
	if len(b.frames) == 0 {
		b.frames = nil // the memory of a long backlog goes with it
	}
}

func (b *backlog) stats() queue.Stats {
	s := queue.Stats{Bytes: b.bytes, Frames: int64(len(b.frames))}
	if len(b.frames) > 0 {
		s.Oldest = b.frames[0].received
	}
	return s
}
