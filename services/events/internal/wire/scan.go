package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/services/events"
)

// The fields of the two messages: those of the stream follow a number.
const (
	eventsField = 1
	ackField    = 2
	sentField   = 3
)

// offset is what the numbers of the letter's fields have in front of them.
func (l *Letter) offset() protowire.Number {
	if l.streamed {
		return 1
	}
	return 0
}

// scan finds the events of the letter and their fields. It returns false when protobuf must read the letter. A letter of too many events ends with the
// first that is too many: it is refused, and an event takes a hundred times the memory of the two bytes that it can be sent in.
func (l *Letter) scan() bool {
	in, offset := l.body.bytes, l.offset()
	for at := 0; at < len(in); {
		var f field
		if f, at = next(in, at); at == broken {
			return false
		}
		switch {
		case f.number == offset+eventsField && f.typ == protowire.BytesType:
			if !l.body.add(f.bytes(in, at)) {
				return false
			}
			if len(l.body.raws) > MaxEvents {
				l.body.bytes = in[:at]
				return true
			}
		case f.number == offset+ackField && f.typ == protowire.VarintType:
			l.ack = int32(f.value)
		case f.number == offset+sentField && f.typ == protowire.BytesType:
			if l.sent != nil { // two are merged
				return false
			}
			seconds, nanos, ok := timestamp(f.bytes(in, at))
			if !ok {
				return false
			}
			l.sent = &timestamppb.Timestamp{Seconds: seconds, Nanos: nanos}
		case l.streamed && f.number == 1 && f.typ == protowire.VarintType:
			l.Sequence = int64(f.value)
		}
	}
	return true
}

// timestamp reads a google.protobuf.Timestamp.
func timestamp(in []byte) (seconds int64, nanos int32, ok bool) {
	for at := 0; at < len(in); {
		var f field
		if f, at = next(in, at); at == broken {
			return 0, 0, false
		}
		switch {
		case f.typ != protowire.VarintType:
		case f.number == 1:
			seconds = int64(f.value)
		case f.number == 2:
			nanos = int32(f.value)
		}
	}
	return seconds, nanos, true
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
	receivedField   = 12
	ageField        = 13
	exactField      = 14
)

// add finds the fields of an event. Those that are seldom sent, or twice, make it odd. It returns false when protobuf must read the letter.
func (l *body) add(in []byte) bool {
	if n := len(l.raws); n < cap(l.raws) {
		l.raws = l.raws[:n+1]
		l.raws[n] = raw{bytes: in}
	} else {
		l.raws = append(l.raws, raw{bytes: in})
	}
	e := &l.raws[len(l.raws)-1]
	first, sourced := len(l.purls), false
	for at := 0; at < len(in); {
		var f field
		if f, at = next(in, at); at == broken {
			return false
		}
		if f.typ != protowire.BytesType {
			switch {
			case f.number == exactField && f.typ == protowire.VarintType:
				e.Exact = f.value != 0
			case f.number == ageField:
				e.odd = true
			}
			continue
		}
		part, ok := f.bytes(in, at), true
		switch f.number {
		case idField:
			e.ID, ok = part, isText(part)
		case nameField:
			e.Name, ok = part, isText(part)
		case occurredField:
			e.odd = e.odd || e.HasTime
			e.HasTime = true
			e.Seconds, e.Nanos, ok = timestamp(part)
		case actorField:
			e.odd = e.odd || e.HasActor
			e.HasActor = true
			ok = e.actor(part)
		case actorNameField:
			e.ActorName, ok = part, isText(part)
		case sourceField:
			e.odd = e.odd || sourced
			sourced = true
			ok = e.source(part)
		case projectField:
			e.Project, ok = part, isText(part)
		case packagesField:
			if len(l.purls)-first <= events.MaxPackages { // one too many is enough for it to be refused
				l.purls = append(l.purls, part)
			}
			ok = isText(part)
		case sessionField:
			e.SessionID, ok = part, isText(part)
		case propertiesField:
			e.Properties, ok = part, isText(part)
		case developerField: // answers have it, and the next
			ok = isText(part)
		case receivedField:
			_, _, ok = timestamp(part)
		case ageField:
			e.odd = true
		}
		if !ok {
			return false
		}
	}
	e.Packages = l.purls[first:len(l.purls):len(l.purls)]
	return true
}

// actor reads an Identity.
func (e *raw) actor(in []byte) bool {
	for at := 0; at < len(in); {
		var f field
		if f, at = next(in, at); at == broken {
			return false
		}
		switch {
		case f.number == 1 && f.typ == protowire.VarintType:
			e.odd = e.odd || f.value > uint64(events.LastIdentityKind)
			e.ActorKind = events.IdentityKind(f.value)
		case f.number == 2 && f.typ == protowire.BytesType:
			e.ActorValue = f.bytes(in, at)
			if !isText(e.ActorValue) {
				return false
			}
		}
	}
	return true
}

// source reads a Source.
func (e *raw) source(in []byte) bool {
	for at := 0; at < len(in); {
		var f field
		if f, at = next(in, at); at == broken {
			return false
		}
		if f.number == 1 && f.typ == protowire.VarintType {
			e.odd = e.odd || f.value > uint64(events.SourceSDK)
			e.SourceKind = events.SourceKind(f.value)
		}
		if f.typ != protowire.BytesType {
			continue
		}
		part := f.bytes(in, at)
		switch f.number {
		case 2:
			e.Tool = part
		case 3:
			e.ToolVersion = part
		case 4:
			e.Machine = part
		default:
			continue
		}
		if !isText(part) {
			return false
		}
	}
	return true
}
