package ingest

import (
	"hash/maphash"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
)

// faces remembers who was met in a request: a request has few actors, and a question to the directory costs a lock. It is a table without chains, in
// which the last one stays; the zero value is ready.
type faces struct {
	turn    uint64 // of the request; faces of another are none
	entries [64]face
}

type face struct {
	turn   uint64
	kind   events.IdentityKind
	value  []byte
	person people.Person
}

// faceSeed keeps senders from choosing what falls together.
var faceSeed = maphash.MakeSeed()

func (f *faces) forget() { f.turn++ }

// at returns where somebody is remembered, and whether she is.
func (f *faces) at(kind events.IdentityKind, value []byte) (*face, bool) {
	e := &f.entries[maphash.Bytes(faceSeed, value)%uint64(len(f.entries))]
	return e, e.turn == f.turn && e.kind == kind && string(e.value) == string(value)
}

// who returns whose an identity is: nil when the directory must be asked.
func (in *Intake) who(b *batch, kind events.IdentityKind, value []byte) *people.Person {
	e, met := b.known.at(kind, value)
	if met {
		return &e.person
	}
	person, known := b.found[events.Identity{Kind: kind, Value: string(value)}]
	if !known {
		if person, known = in.directory.Known(b.organization, kind, value); !known {
			return nil
		}
	}
	e.turn, e.kind, e.person = b.known.turn, kind, person
	e.value = append(e.value[:0], value...) // its own: a batch that waits for the database must not keep the message
	return &e.person
}
