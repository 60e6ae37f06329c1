// Package events holds the nouns and rules of the events service: the event and what makes one valid, the questions that may be asked,
// the calendar that cuts time into buckets, and the Store contract that memory, Postgres and ClickHouse keep alike.
// It stands between the desk (internal/rpc) and the stores (internal/memory, internal/postgres, internal/clickhouse).
package events

import (
	"time"

	"github.com/google/uuid"
)

// SourceKind is the kind of tool that reported an event; the numbers are those of the contract.
type SourceKind uint8

// The kinds of tools, from a browser extension to an application that calls Devtrail itself.
const (
	SourceBrowser SourceKind = iota + 1
	SourceEditor
	SourceGit
	SourceCI
	SourceAgent
	SourceSDK
)

// IdentityKind says what an identity's value is; the numbers are those of the identity service's contract.
type IdentityKind uint8

// FirstIdentityKind and LastIdentityKind are those of the contract. This service does not tell them apart: what a value means is the identity service's business.
const (
	FirstIdentityKind IdentityKind = 1
	LastIdentityKind  IdentityKind = 10
)

// Identity is one name by which one source knows somebody. The zero value is nobody.
type Identity struct {
	Kind  IdentityKind
	Value string
}

// Known tells whether the identity names somebody.
func (i Identity) Known() bool { return i.Kind != 0 }

// Compare orders identities by kind and then by the bytes of their values.
func (i Identity) Compare(other Identity) int {
	if i.Kind != other.Kind {
		return int(i.Kind) - int(other.Kind)
	}
	return compareText(i.Value, other.Value)
}

// Source is the tool that reported an event. Fields that the tool did not name are empty.
type Source struct {
	Kind        SourceKind
	Tool        string
	ToolVersion string
	Machine     string
}

// Event is one thing that somebody did with a tool, in the form in which stores keep it: checked and canonical.
type Event struct {
	ID         uuid.UUID // the idempotency key within the organization
	Name       string
	OccurredAt time.Time // UTC, whole microseconds
	ReceivedAt time.Time // UTC, whole microseconds
	Actor      Identity  // canonical once it is stamped
	// DeveloperID is whose the actor is. Ingest stamps it with what is known then; answers carry what is known now. The zero UUID is nobody.
	DeveloperID uuid.UUID
	Source      Source
	Project     string
	Packages    []string // canonical purls, sorted by bytes, each once; nil when there are none
	SessionID   string
	Properties  string // a canonical JSON object
}

// Basic returns who did what, when and where: the id, the name, the time, the developer and the project. The rest is zero.
func (e Event) Basic() Event {
	return Event{DeveloperID: e.DeveloperID, ID: e.ID, Name: e.Name, OccurredAt: e.OccurredAt, Project: e.Project}
}

// Compare orders events by (occurred_at, id), the id byte by byte as its lower-case text sorts. Answers list events in the reverse order.
func (e Event) Compare(other Event) int {
	if c := e.OccurredAt.Compare(other.OccurredAt); c != 0 {
		return c
	}
	return CompareID(e.ID, other.ID)
}
