package queue

import (
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// minEventBytes is what the smallest event takes: two ids, two kinds, a time and nine empty fields.
const minEventBytes = 16 + 16 + 1 + 1 + 1 + 9

// appendEvent writes an event without ReceivedAt, which is the frame's.
func appendEvent(dst []byte, e *events.Event) []byte {
	dst = append(dst, e.ID[:]...)
	dst = append(dst, e.DeveloperID[:]...)
	dst = append(dst, byte(e.Actor.Kind), byte(e.Source.Kind))
	dst = binary.AppendVarint(dst, e.OccurredAt.UnixMicro())
	for _, text := range [...]string{e.Name, e.Actor.Value, e.Source.Tool, e.Source.ToolVersion, e.Source.Machine, e.Project, e.SessionID, e.Properties} {
		dst = appendText(dst, text)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Packages)))
	for _, purl := range e.Packages {
		dst = appendText(dst, purl)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// EncodeEvent returns an event's bytes alone, for the dead letters.
func EncodeEvent(e events.Event) []byte {
	return appendEvent(binary.AppendVarint([]byte{typeEvents}, e.ReceivedAt.UnixMicro()), &e)
}

// DecodeEvent reads what EncodeEvent wrote. The error is ErrCorrupt.
func DecodeEvent(encoded []byte) (events.Event, error) {
	r := reader{rest: string(encoded)}
	kind, received := r.byte(), r.time()
	e := r.event()
	e.ReceivedAt = received
	if r.failed || r.rest != "" || kind != typeEvents {
		return events.Event{}, ErrCorrupt.With("%d bytes are not an event", len(encoded))
	}
	return e, nil
}

// reader takes values off the front of a text. The values share its memory, so a frame is copied once and not once a field.
// After the first value that is not there all others are zero.
type reader struct {
	rest   string
	failed bool
}

func (r *reader) event() events.Event {
	e := events.Event{ID: r.id(), DeveloperID: r.id()}
	e.Actor.Kind, e.Source.Kind = events.IdentityKind(r.byte()), events.SourceKind(r.byte())
	e.OccurredAt = r.time()
	for _, text := range [...]*string{&e.Name, &e.Actor.Value, &e.Source.Tool, &e.Source.ToolVersion, &e.Source.Machine, &e.Project, &e.SessionID, &e.Properties} {
		*text = r.text()
	}
	if n := r.number(len(r.rest)); n > 0 {
		e.Packages = make([]string, n)
		for i := range e.Packages {
			e.Packages[i] = r.text()
		}
	}
	return e
}

// take returns the next n bytes.
func (r *reader) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.failed, r.rest = true, ""
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte {
	if s := r.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (r *reader) id() uuid.UUID {
	var id uuid.UUID
	copy(id[:], r.take(len(id)))
	return id
}

// number reads a count that is at most a bound.
func (r *reader) number(most int) int {
	n := r.uvarint()
	if n > uint64(most) {
		r.failed, r.rest = true, ""
		return 0
	}
	return int(n)
}

func (r *reader) text() string { return r.take(r.number(len(r.rest))) }

func (r *reader) time() time.Time {
	n := r.uvarint()
	return time.UnixMicro(int64(n>>1) ^ -int64(n&1)).UTC()
}

// uvarint reads as encoding/binary does, from a text.
func (r *reader) uvarint() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		if r.failed || shift == 63 && b > 1 {
			break
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.failed, r.rest = true, ""
	return 0
}
