package wire

import (
	"math"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// Batch is what the requests of capturing have in common.
type Batch interface {
	GetAck() eventsv1.AckLevel
	GetEvents() []*eventsv1.Event
	GetSentAt() *timestamppb.Timestamp
}

// RequestFromProto reads a batch of an organization, sent with a key. The error is a fault of kind Invalid.
func RequestFromProto(organization uuid.UUID, key string, m Batch) (ingest.Request, error) {
	r := ingest.Request{Ack: ingest.AckDurable, Drafts: make([]ingest.Draft, len(m.GetEvents())), Key: key, Organization: organization}
	if m.GetAck() == eventsv1.AckLevel_ACK_LEVEL_STORED {
		r.Ack = ingest.AckDatabase
	}
	if m.GetSentAt() != nil && m.GetSentAt().CheckValid() != nil {
		return ingest.Request{}, events.ErrTimeInvalid.With("sent_at is not a valid time").Field("sent_at")
	}
	sent := timeFromProto(m.GetSentAt())
	for i, e := range m.GetEvents() {
		r.Drafts[i] = DraftFromProto(e)
		r.Drafts[i].Clock.SentAt = sent
	}
	return r, nil
}

// RequestOf is RequestFromProto for a letter.
func RequestOf(organization uuid.UUID, key string, l *Letter) (ingest.Request, error) {
	r := ingest.Request{Ack: ingest.AckDurable, Key: key, Letter: l, Organization: organization}
	if l.Ack() == eventsv1.AckLevel_ACK_LEVEL_STORED {
		r.Ack = ingest.AckDatabase
	}
	return r, l.Check()
}

// timeFromProto returns the zero time for an absent one.
func timeFromProto(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// maxAge is as far back as an age can reach.
const maxAge = math.MaxInt64 / int64(time.Millisecond)

// clockFromProto reads what an event says of its clock, and whether its times can be read.
func clockFromProto(m *eventsv1.Event) (events.Clock, error) {
	c := events.Clock{Aged: m.AgeMs != nil, Exact: m.GetTimeExact()}
	if m.GetAgeMs() < 0 || m.GetAgeMs() > maxAge {
		return c, events.ErrTimeInvalid.With("age_ms %d is not an age", m.GetAgeMs()).Field("age_ms")
	}
	c.Age = time.Duration(m.GetAgeMs()) * time.Millisecond
	// The zero time of Go is a time that can be sent, and must not pass for an absent one.
	if at := m.GetOccurredAt(); at != nil && (at.CheckValid() != nil || at.AsTime().IsZero()) {
		return c, events.ErrTimeInvalid.With("occurred_at is not a valid time").Field("occurred_at")
	}
	return c, nil
}
