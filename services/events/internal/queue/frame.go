package queue

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// The versions of a frame of events. Another encoding takes another number, so that a log outlives an update.
const (
	typeEvents = 1 // as dead letters still are; of a frame, that says only whether it was judged
	typeJudged = 2 // says since when ids are known
)

// headerBytes are the checksum and the length of what follows, 4 bytes each, both little-endian.
const headerBytes = 8

// MaxFrameBytes bounds what a damaged length can ask for. Whoever makes frames must keep below.
const MaxFrameBytes = 256 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Decision is what the intake decided about duplicates, before the frame was written.
type Decision struct {
	// Since is the bound of certainty for the events of this frame: one that occurred at or after it was never in this log before, whatever clock it
	// is from, so a store that takes events from this log alone need not look for its id. No margin is needed. UTC, whole microseconds;
	// zero when nothing is known, and every event may be a repeated one.
	Since      time.Time
	Sent       int // events of the request that no rule refused
	Duplicates int // of those, left out because their ids were known
}

// Frame is the accepted events of one request, canonical and stamped. A replay reads the very same values: nothing in it comes from a later clock.
type Frame struct {
	Organization uuid.UUID
	Received     time.Time // UTC, whole microseconds; ReceivedAt of every event
	Key          string    // id of the credential that sent them; may be empty
	Decision     Decision
	Events       []events.Event
}

// Encode appends the frame to dst and returns it.
func (f *Frame) Encode(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, headerBytes)...)
	dst = f.appendHead(dst, len(f.Events))
	for i := range f.Events {
		dst = appendEvent(dst, &f.Events[i])
	}
	seal(dst[start:])
	return dst
}

// appendHead writes what stands before the events, of which there are n.
func (f *Frame) appendHead(dst []byte, n int) []byte {
	dst = append(dst, typeJudged)
	dst = append(dst, f.Organization[:]...)
	dst = binary.AppendVarint(dst, f.Received.UnixMicro())
	dst = appendSince(dst, f.Decision.Since)
	dst = binary.AppendUvarint(dst, uint64(f.Decision.Sent))
	dst = binary.AppendUvarint(dst, uint64(f.Decision.Duplicates))
	dst = AppendText(dst, f.Key)
	return binary.AppendUvarint(dst, uint64(n))
}

// seal writes the length and the checksum of a frame.
func seal(frame []byte) {
	binary.LittleEndian.PutUint32(frame[4:], uint32(len(frame)-headerBytes))
	binary.LittleEndian.PutUint32(frame, crc32.Checksum(frame[4:], castagnoli))
}

// Decode reads a frame. The error is ErrCorrupt. It keeps no reference to the bytes.
func Decode(encoded []byte) (Frame, error) {
	if len(encoded) < headerBytes || len(encoded) > MaxFrameBytes {
		return Frame{}, ErrCorrupt.With("a frame of %d bytes", len(encoded))
	}
	if n := binary.LittleEndian.Uint32(encoded[4:]); uint64(n) != uint64(len(encoded)-headerBytes) {
		return Frame{}, ErrCorrupt.With("a frame of %d bytes says that it has %d", len(encoded)-headerBytes, n)
	}
	if crc32.Checksum(encoded[4:], castagnoli) != binary.LittleEndian.Uint32(encoded) {
		return Frame{}, ErrCorrupt.With("the checksum of a frame of %d bytes does not fit", len(encoded))
	}
	r := reader{rest: string(encoded[headerBytes:])}
	kind := r.byte()
	if kind != typeEvents && kind != typeJudged {
		return Frame{}, ErrCorrupt.With("type %d of a frame is not known", kind)
	}
	f := Frame{Organization: r.id(), Received: r.time()}
	if judged := r.byte() == 1; judged && kind == typeJudged {
		f.Decision.Since = r.time()
	}
	f.Decision.Sent, f.Decision.Duplicates = r.number(math.MaxInt32), r.number(math.MaxInt32)
	f.Key = r.text()
	f.Events = make([]events.Event, r.number(len(r.rest)/minEventBytes))
	for i := range f.Events {
		f.Events[i] = r.event()
		f.Events[i].ReceivedAt = f.Received
	}
	if r.failed || r.rest != "" {
		return Frame{}, ErrCorrupt.With("a frame of %d bytes does not end where its events do", len(encoded))
	}
	return f, nil
}

// appendSince writes whether a time is known, and the time when it is.
func appendSince(dst []byte, since time.Time) []byte {
	if since.IsZero() {
		return append(dst, 0)
	}
	return binary.AppendVarint(append(dst, 1), since.UnixMicro())
}
