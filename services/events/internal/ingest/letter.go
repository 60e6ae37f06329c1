package ingest

import (
	"time"

	"devtrail.dev/services/events"
)

// Letter is the events of a request as they came in. Its memory must not change before it is Judged.
type Letter interface {
	// Len is the number of events.
	Len() int
	// SentAt is when the request left, by the clock of the sender; zero when it does not say.
	SentAt() time.Time
	// Raw returns the fields of an event where they lie, nil when they do not lie side by side.
	Raw(i int) *Raw
	// Draft reads an event.
	Draft(i int) Draft
	// Size is about how many bytes the events take, 0 when it is not known.
	Size() int
	// Judged is called when no event is read any more, long before the request is answered.
	Judged()
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
func (d drafts) Size() int         { return 0 }
func (d drafts) Judged()           {}
