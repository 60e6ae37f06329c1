package wire

import (
	"sync"
	"time"
	"unsafe"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

var _ ingest.Letter = (*Letter)(nil)

// Letter is a CaptureEventsRequest or a StreamEventsRequest as it came in. Its events are not decoded: it knows where their fields lie. What it does not
// understand, protobuf decodes.
type Letter struct {
	Sequence int64 // of a StreamEventsRequest

	streamed bool
	ack      int32
	sent     *timestamppb.Timestamp
	bodies   *sync.Pool // of *body
	body     *body      // nil before the first message, and once it is Judged
	ids      []byte     // of the events, idBytes each, once it is Judged
	decoded  Batch      // nil while the letter is understood
}

// body is the message of a letter, and where its events lie.
type body struct {
	bytes []byte
	raws  []raw
	purls [][]byte // of all events
}

// raw is an event in a letter.
type raw struct {
	ingest.Raw
	bytes []byte
	odd   bool // protobuf decodes it
}

// NewLetter returns an empty letter, of the messages of a stream or of a single one. Letters with the same bodies use each other's memory.
func NewLetter(streamed bool, bodies *sync.Pool) *Letter {
	return &Letter{bodies: bodies, streamed: streamed}
}

// kept bounds the memory that a letter keeps for the next request.
const kept = 1 << 20

// keptPurls is how many packages of a letter it keeps the room for.
const keptPurls = 4 * MaxEvents

// Reset empties the letter. Its memory is used again.
func (l *Letter) Reset() {
	b := l.body
	if b == nil {
		if b, _ = l.bodies.Get().(*body); b == nil {
			b = new(body)
		}
	}
	if cap(b.bytes) > kept {
		b.bytes = nil
	}
	if cap(b.raws) > 2*MaxEvents {
		b.raws = nil
	}
	if cap(b.purls) > keptPurls {
		b.purls = nil
	}
	b.bytes, b.raws, b.purls = b.bytes[:0], b.raws[:0], b.purls[:0]
	*l = Letter{bodies: l.bodies, body: b, ids: l.ids[:0], streamed: l.streamed}
}

// idBytes is the size of the text of an id, as all that are understood have it.
const idBytes = 36

// Judged keeps the ids alone, for the answer: the message of a letter that waits for the database is memory that another can use.
func (l *Letter) Judged() {
	if l.decoded != nil || l.body == nil {
		return
	}
	for i := range l.body.raws {
		if r := &l.body.raws[i]; r.odd || len(r.ID) != idBytes {
			return
		}
	}
	for i := range l.body.raws {
		l.ids = append(l.ids, l.body.raws[i].ID...)
	}
	l.bodies.Put(l.body)
	l.body = nil
}

// ReadWire reads a message. The error is that of protobuf.
func (l *Letter) ReadWire(data mem.BufferSlice) error {
	l.Reset()
	b := l.body
	if n := data.Len(); cap(b.bytes) < n {
		b.bytes = make([]byte, n)
	} else {
		b.bytes = b.bytes[:n]
	}
	data.CopyTo(b.bytes)
	if l.scan() {
		return nil
	}
	var err error
	l.decoded, err = l.decode()
	return err
}

// decode reads the message by protobuf, as far as the first event that is too many.
func (l *Letter) decode() (Batch, error) {
	in := enough(l.body.bytes, l.offset()+eventsField)
	if !l.streamed {
		m := new(eventsv1.CaptureEventsRequest)
		return m, proto.Unmarshal(in, m)
	}
	m := new(eventsv1.StreamEventsRequest)
	err := proto.Unmarshal(in, m)
	l.Sequence = m.GetSequence()
	return m, err
}

// enough is a message up to the end of the first of its events that is too many, whole when none is. What protobuf will not read is left to it.
func enough(in []byte, field protowire.Number) []byte {
	count := 0
	for at := 0; at < len(in); {
		number, typ, size := protowire.ConsumeField(in[at:])
		if size < 0 {
			return in
		}
		at += size
		if number == field && typ == protowire.BytesType {
			if count++; count > MaxEvents {
				return in[:at]
			}
		}
	}
	return in
}

// Contract returns the message when it may break a rule of the contract that concerns it as a whole, else nil.
func (l *Letter) Contract() (proto.Message, error) {
	_, known := eventsv1.AckLevel_name[int32(l.Ack())]
	if n := l.Len(); n >= 1 && n <= MaxEvents && known {
		return nil, nil //nolint:nilnil // nil is the answer
	}
	m := l.decoded
	if m == nil {
		var err error
		if m, err = l.decode(); err != nil {
			return nil, err
		}
	}
	return m.(proto.Message), nil //nolint:forcetypeassert // both are
}

// Ack is what to wait for.
func (l *Letter) Ack() eventsv1.AckLevel {
	if l.decoded != nil {
		return l.decoded.GetAck()
	}
	return eventsv1.AckLevel(l.ack)
}

// Len is the number of events.
func (l *Letter) Len() int {
	if l.decoded != nil {
		return len(l.decoded.GetEvents())
	}
	if l.body == nil {
		return len(l.ids) / idBytes
	}
	return len(l.body.raws)
}

// Size is the bytes of the message, 0 once it is Judged.
func (l *Letter) Size() int {
	if l.body == nil {
		return 0
	}
	return len(l.body.bytes)
}

func (l *Letter) sentAt() *timestamppb.Timestamp {
	if l.decoded != nil {
		return l.decoded.GetSentAt()
	}
	return l.sent
}

// Check refuses a letter whose time cannot be read.
func (l *Letter) Check() error {
	if at := l.sentAt(); at != nil && at.CheckValid() != nil {
		return events.ErrTimeInvalid.With("sent_at is not a valid time").Field("sent_at")
	}
	return nil
}

// SentAt is when the letter left; zero when it does not say.
func (l *Letter) SentAt() time.Time { return timeFromProto(l.sentAt()) }

// Raw returns the fields of an event where they lie, nil when they do not lie as they usually do.
func (l *Letter) Raw(i int) *ingest.Raw {
	if l.decoded != nil || l.body.raws[i].odd {
		return nil
	}
	return &l.body.raws[i].Raw
}

// Draft reads an event.
func (l *Letter) Draft(i int) ingest.Draft {
	d := DraftFromProto(l.event(i))
	d.Clock.SentAt = l.SentAt()
	return d
}

func (l *Letter) event(i int) *eventsv1.Event {
	if l.decoded != nil {
		return l.decoded.GetEvents()[i]
	}
	m := new(eventsv1.Event)
	_ = proto.Unmarshal(l.body.raws[i].bytes, m) // the scan lets nothing pass that protobuf refuses
	return m
}

// eventID is the id of an event as it was sent.
func (l *Letter) eventID(i int) string {
	if l.body == nil {
		return text(l.ids[i*idBytes:][:idBytes])
	}
	if l.decoded != nil || l.body.raws[i].odd {
		return l.event(i).GetId()
	}
	return text(l.body.raws[i].ID)
}

// text shows bytes of a letter as text, for as long as the letter lives.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
