package ingest

import (
	"time"

	"devtrail.dev/services/events"
)

// Letter is the events of a request as they came in. Its memory must not change before the request is answered.
type Letter interface {
	// Len is the number of events.
	Len() int
	// SentAt is when the request left, by the clock of the sender; zero when it does not say.
	SentAt() time.Time
	// Raw returns the fields of an event where they lie, nil when they do not lie side by side.
	Raw(i int) *Raw
	// Draft reads an event.
	Draft(i int) Draft
}

// Raw is an event as a source sent it, unread: the fields of Draft as bytes of the message. All texts are UTF-8.
type Raw struct {
	ActorName   []byte
	ActorValue  []byte
	ID          []byte
	Machine     []byte
	Name        []byte
	Packages    [][]byte
	Project     []byte
	Properties  []byte
	SessionID   []byte
	Tool        []byte
	ToolVersion []byte

	Seconds    int64 // of the time when it happened, from the Unix epoch
	Nanos      int32
	ActorKind  events.IdentityKind
	SourceKind events.SourceKind
	HasActor   bool
	HasTime    bool
	Exact      bool // of its clock
}

// drafts is a letter that somebody has read already.
type drafts []Draft

func (d drafts) Len() int          { return len(d) }
func (d drafts) SentAt() time.Time { return time.Time{} }
func (d drafts) Raw(int) *Raw      { return nil }
func (d drafts) Draft(i int) Draft { return d[i] }
