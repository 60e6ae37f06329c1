package queue

import (
	"encoding/binary"
	"time"

	"devtrail.dev/services/events"
)

// Builder makes a frame of events that are encoded one after the other, and holds no event. It may be used again, and its memory with it, as soon as
// nobody reads the frame any more. The zero value must be Reset.
type Builder struct {
	bytes []byte // room for what stands before the events, then the events
	room  int
	ends  []int // of the events in bytes
	span  span  // of the events, and of those that were dropped
}

// headRoom is the most that stands before the events, without the key: the checksum and the length, the type, the organization, two times and the byte that
// says whether there is the second, and four numbers.
const headRoom = headerBytes + 1 + 16 + 2*binary.MaxVarintLen64 + 1 + 4*binary.MaxVarintLen32

// Reset empties the builder, for a frame of events sent with a key.
func (b *Builder) Reset(key string) {
	b.room = headRoom + len(key)
	if cap(b.bytes) < b.room {
		b.bytes = make([]byte, b.room)
	}
	b.bytes, b.ends, b.span = b.bytes[:b.room], b.ends[:0], noSpan
}

// Grow makes room for events of so many bytes, before Reset: a frame that grows event by event is copied again and again.
func (b *Builder) Grow(size int) {
	if size += size/8 + headRoom; cap(b.bytes) < size {
		b.bytes = make([]byte, 0, size)
	}
}

// Len is the number of events.
func (b *Builder) Len() int { return len(b.ends) }

// Size is the bytes of the frame, at most.
func (b *Builder) Size() int { return len(b.bytes) }

// Room is the bytes of memory that it holds.
func (b *Builder) Room() int { return cap(b.bytes) }

// Event returns what the next event is to be appended to, by [AppendHead], [AppendText] and [AppendPackages]. Nothing happens unless the result is given
// to Add.
func (b *Builder) Event() []byte { return b.bytes }

// Add takes what Event returned, with an event behind it.
func (b *Builder) Add(appended []byte, occurred time.Time) {
	b.bytes = appended
	b.ends = append(b.ends, len(appended))
	at := occurred.UnixMicro()
	b.span = b.span.with(span{first: at, last: at})
}

// Append encodes an event.
func (b *Builder) Append(e *events.Event) { b.Add(appendEvent(b.bytes, e), e.OccurredAt) }

// Made is what is known of the frame.
func (b *Builder) Made() Made {
	return Made{Events: len(b.ends), First: b.span.first, Last: b.span.last}
}

// Keep drops the events of which keep, asked in their order, is false.
func (b *Builder) Keep(keep func(i int) bool) {
	from, to, kept := b.room, b.room, 0
	for i, end := range b.ends {
		if keep(i) {
			to += copy(b.bytes[to:], b.bytes[from:end])
			b.ends[kept] = to
			kept++
		}
		from = end
	}
	b.bytes, b.ends = b.bytes[:to], b.ends[:kept]
}

// Frame returns the frame of the events and of what head says beside them: the bytes that its Encode makes of the same events. The key is that of Reset.
// They are the builder's memory and change when it is used again.
func (b *Builder) Frame(head Frame) []byte {
	var scratch [headRoom + 64]byte
	encoded := head.appendHead(scratch[:headerBytes], len(b.ends))
	frame := b.bytes[b.room-len(encoded):]
	copy(frame, encoded)
	seal(frame)
	return frame
}
