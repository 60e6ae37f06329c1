package queue

import (
	"cmp"
	"slices"
	"time"
)

// Waiting is a frame that waits for a store, without its bytes.
type Waiting struct {
	Bytes    int64
	Position Position
	Received time.Time
}

// Backlog knows the frames that wait, oldest first, as every log must. The zero value is empty. It is not safe for concurrent use.
type Backlog struct {
	frames []Waiting
	bytes  int64
}

// Add takes the next frame.
func (b *Backlog) Add(w Waiting) {
	b.frames = append(b.frames, w)
	b.bytes += w.Bytes
}

// Drop forgets frames up to a position, inclusive.
func (b *Backlog) Drop(upTo Position) {
	n := 0
	for n < len(b.frames) && b.frames[n].Position <= upTo {
		b.bytes -= b.frames[n].Bytes
		n++
	}
	b.frames = b.frames[n:]
	if len(b.frames) == 0 {
		b.frames = nil // the memory of a long backlog goes with it
	}
}

// First returns the position of the oldest frame, 0 when none waits.
func (b *Backlog) First() Position {
	if len(b.frames) == 0 {
		return 0
	}
	return b.frames[0].Position
}

// Stats says what waits.
func (b *Backlog) Stats() Stats {
	s := Stats{Bytes: b.bytes, Frames: int64(len(b.frames))}
	if len(b.frames) > 0 {
		s.Oldest = b.frames[0].Received
	}
	return s
}

// After returns the position of the oldest frame after one, 0 when there is none.
func (b *Backlog) After(p Position) Position {
	at, _ := slices.BinarySearchFunc(b.frames, p+1, func(w Waiting, p Position) int { return cmp.Compare(w.Position, p) })
	if at == len(b.frames) {
		return 0
	}
	return b.frames[at].Position
}
