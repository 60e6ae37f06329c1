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
	dst = AppendHead(dst, e.ID, e.DeveloperID, e.Actor.Kind, e.Source.Kind, e.OccurredAt)
	for _, text := range [...]string{e.Name, e.Actor.Value, e.Source.Tool, e.Source.ToolVersion, e.Source.Machine, e.Project, e.SessionID, e.Properties} {
		dst = AppendText(dst, text)
	}
	return AppendPackages(dst, e.Packages)
}

// AppendHead writes how an event begins, for those who have its fields and no Event. Its texts follow, each by [AppendText]: name, value of the actor, tool,
// version of the tool, machine, project, session and properties; then its packages. All must be canonical and stamped.
func AppendHead(dst []byte, id, developer uuid.UUID, actor events.IdentityKind, source events.SourceKind, occurred time.Time) []byte {
	dst = append(dst, id[:]...)
	dst = append(dst, developer[:]...)
	dst = append(dst, byte(actor), byte(source))
	return binary.AppendVarint(dst, occurred.UnixMicro())
}

// AppendText writes a text of an event.
func AppendText[T string | []byte](dst []byte, text T) []byte {
	if n := len(text); n < 0x80 { // most are short
		dst = append(dst, byte(n))
	} else {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return append(dst, text...)
}

// AppendPackages writes how an event ends.
func AppendPackages(dst []byte, purls []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(purls)))
	for _, purl := range purls {
		dst = AppendText(dst, purl)
	}
	return dst
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
