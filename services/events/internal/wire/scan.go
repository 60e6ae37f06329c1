package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// The fields of the two messages: those of the stream follow a number.
const (
	eventsField = 1
	ackField    = 2
	sentField   = 3
)

// scan finds the events of the letter and their fields. It returns false when protobuf must read the letter.
func (l *Letter) scan() bool {
	c := cursor{in: l.body.bytes}
	offset := protowire.Number(0)
	if l.streamed {
		offset = 1
	}
	for {
		number, typ, ok := c.field()
		if !ok {
			return !c.failed
		}
		switch {
		case number == offset+eventsField && typ == protowire.BytesType:
			l.body.add(c.bytes(), &c)
		case number == offset+ackField && typ == protowire.VarintType:
			l.ack = int32(c.varint())
		case number == offset+sentField && typ == protowire.BytesType:
			if l.sent != nil { // two are merged
				return false
			}
			l.sent = new(timestamppb.Timestamp)
			l.sent.Seconds, l.sent.Nanos = timestamp(c.bytes(), &c)
		case l.streamed && number == 1 && typ == protowire.VarintType:
			l.Sequence = int64(c.varint())
		default:
			c.skip(typ)
		}
	}
}

// timestamp reads a google.protobuf.Timestamp.
func timestamp(b []byte, outer *cursor) (seconds int64, nanos int32) {
	c := cursor{in: b}
	for {
		number, typ, ok := c.field()
		switch {
		case !ok:
			outer.failed = outer.failed || c.failed
			return seconds, nanos
		case number == 1 && typ == protowire.VarintType:
			seconds = int64(c.varint())
		case number == 2 && typ == protowire.VarintType:
			nanos = int32(c.varint())
		default:
			c.skip(typ)
		}
	}
}

// The fields of Event.
const (
	idField         = 1
	nameField       = 2
	occurredField   = 3
	actorField      = 4
	actorNameField  = 5
	sourceField     = 6
	projectField    = 7
	packagesField   = 8
	sessionField    = 9
	propertiesField = 10
	developerField  = 11
	exactField      = 14
)

// add finds the fields of an event. Those that are seldom sent, or twice, make it odd.
func (l *body) add(b []byte, outer *cursor) {
	if n := len(l.raws); n < cap(l.raws) {
		l.raws = l.raws[:n+1]
		l.raws[n] = raw{bytes: b}
	} else {
		l.raws = append(l.raws, raw{bytes: b})
	}
	e := &l.raws[len(l.raws)-1]
	c := cursor{in: b}
	first, sourced := len(l.purls), false
	for {
		number, typ, ok := c.field()
		if !ok {
			break
		}
		if number <= propertiesField || number == developerField {
			if typ != protowire.BytesType {
				c.skip(typ)
				continue
			}
		}
		switch number {
		case idField:
			e.ID = c.text()
		case nameField:
			e.Name = c.text()
		case occurredField:
			e.odd = e.odd || e.HasTime
			e.HasTime = true
			e.Seconds, e.Nanos = timestamp(c.bytes(), &c)
		case actorField:
			e.odd = e.odd || e.HasActor
			e.HasActor = true
			e.odd = actor(&e.Raw, c.bytes(), &c) || e.odd
		case actorNameField:
			e.ActorName = c.text()
		case sourceField:
			e.odd = e.odd || sourced
			sourced = true
			e.odd = source(&e.Raw, c.bytes(), &c) || e.odd
		case projectField:
			e.Project = c.text()
		case packagesField:
			l.purls = append(l.purls, c.text())
		case sessionField:
			e.SessionID = c.text()
		case propertiesField:
			e.Properties = c.text()
		case developerField: // answers have it
			c.text()
		case exactField:
			if typ != protowire.VarintType {
				c.skip(typ)
				continue
			}
			e.Exact = c.varint() != 0
		case receivedField:
			if typ == protowire.BytesType {
				timestamp(c.bytes(), &c)
				continue
			}
			c.skip(typ)
		case ageField:
			e.odd = true
			c.skip(typ)
		default:
			c.skip(typ)
		}
	}
	e.Packages = l.purls[first:len(l.purls):len(l.purls)]
	outer.failed = outer.failed || c.failed
}

const (
	receivedField = 12
	ageField      = 13
)

// actor reads an Identity, and tells whether it is odd.
func actor(e *ingest.Raw, b []byte, outer *cursor) (odd bool) {
	c := cursor{in: b}
	for {
		number, typ, ok := c.field()
		switch {
		case !ok:
			outer.failed = outer.failed || c.failed
			return odd
		case number == 1 && typ == protowire.VarintType:
			kind := c.varint()
			odd = odd || kind > uint64(events.LastIdentityKind)
			e.ActorKind = events.IdentityKind(kind)
		case number == 2 && typ == protowire.BytesType:
			e.ActorValue = c.text()
		default:
			c.skip(typ)
		}
	}
}

// source reads a Source, and tells whether it is odd.
func source(e *ingest.Raw, b []byte, outer *cursor) (odd bool) {
	c := cursor{in: b}
	for {
		number, typ, ok := c.field()
		switch {
		case !ok:
			outer.failed = outer.failed || c.failed
			return odd
		case number == 1 && typ == protowire.VarintType:
			kind := c.varint()
			odd = odd || kind > uint64(events.SourceSDK)
			e.SourceKind = events.SourceKind(kind)
		case typ != protowire.BytesType:
			c.skip(typ)
		case number == 2:
			e.Tool = c.text()
		case number == 3:
			e.ToolVersion = c.text()
		case number == 4:
			e.Machine = c.text()
		default:
			c.skip(typ)
		}
	}
}
