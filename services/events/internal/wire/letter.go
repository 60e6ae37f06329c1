package wire

import (
	"time"
	"unsafe"

	"google.golang.org/grpc/mem"
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
	bytes    []byte // of the message
	ack      int32
	sent     *timestamppb.Timestamp
	raws     []raw
	purls    [][]byte // of all events
	decoded  Batch    // nil while the letter is understood
}

// raw is an event in a letter.
type raw struct {
	ingest.Raw
	bytes []byte
	odd   bool // protobuf decodes it
}

// NewLetter returns an empty letter, of the messages of a stream or of a single one.
func NewLetter(streamed bool) *Letter { return &Letter{streamed: streamed} }

// kept bounds the memory that a letter keeps for the next request.
const kept = 1 << 20

// Reset empties the letter. Its memory is used again.
func (l *Letter) Reset() {
	if cap(l.bytes) > kept {
		l.bytes = nil
	}
	if cap(l.raws) > MaxEvents {
		l.raws = nil
	}
	*l = Letter{streamed: l.streamed, bytes: l.bytes[:0], raws: l.raws[:0], purls: l.purls[:0]}
}

// ReadWire reads a message. The error is that of protobuf.
func (l *Letter) ReadWire(data mem.BufferSlice) error {
	l.Reset()
	if n := data.Len(); cap(l.bytes) < n {
		l.bytes = make([]byte, n)
	} else {
		l.bytes = l.bytes[:n]
	}
	data.CopyTo(l.bytes)
	if l.scan() {
		return nil
	}
	var err error
	l.decoded, err = l.decode()
	return err
}

// decode reads the message by protobuf.
func (l *Letter) decode() (Batch, error) {
	if !l.streamed {
		m := new(eventsv1.CaptureEventsRequest)
		return m, proto.Unmarshal(l.bytes, m)
	}
	m := new(eventsv1.StreamEventsRequest)
	err := proto.Unmarshal(l.bytes, m)
	l.Sequence = m.GetSequence()
	return m, err
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
	return len(l.raws)
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
	if l.decoded != nil || l.raws[i].odd {
		return nil
	}
	return &l.raws[i].Raw
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
	_ = proto.Unmarshal(l.raws[i].bytes, m) // the scan lets nothing pass that protobuf refuses
	return m
}

// eventID is the id of an event as it was sent.
func (l *Letter) eventID(i int) string {
	if l.decoded != nil || l.raws[i].odd {
		return l.event(i).GetId()
	}
	return text(l.raws[i].ID)
}

// text shows bytes of a letter as text, for as long as the letter lives.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
