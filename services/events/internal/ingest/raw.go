package ingest

import (
	"bytes"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// write judges an event as it lies in its message and encodes it. It knows less than the rules of events: what it does not recognize as good it leaves alone
// and returns false; those rules judge it then, and say what is wrong. What it writes is what they would.
func (in *Intake) write(b *batch, place int, r *Raw) bool {
	id, ok := parseID(r.ID)
	if !ok || !in.limits.allow(r) || !textual(r) {
		return false
	}
	if r.SourceKind < events.SourceBrowser || r.SourceKind > events.SourceSDK {
		return false
	}
	sent, ok := r.time()
	if !ok {
		return false
	}
	at, rule := events.Clock{Exact: r.Exact, SentAt: b.sent}.When(sent, b.received)
	occurred, err := events.CanonicalTime(at, b.received)
	if err != nil {
		return false
	}
	properties := r.Properties
	if len(properties) == 0 {
		properties = emptyObject
	} else if depth, ok := events.IsCanonicalObject(properties); !ok || in.limits.PropertyDepth > 0 && depth > in.limits.PropertyDepth {
		return false
	}
	if b.purls, ok = in.purls.list(b.purls[:0], r.Packages); !ok {
		return false
	}
	var actor events.Identity
	var developer uuid.UUID
	if r.HasActor {
		if !actual(r) {
			return false
		}
		person := in.who(b, r.ActorKind, r.ActorValue)
		switch {
		case person == nil:
			b.hints = append(b.hints, hintOf(r))
			return true
		case person.Refused != nil:
			b.reject(place, refused(person.Refused))
			return true
		}
		actor, developer = person.Identity, person.DeveloperID
	}
	b.window.note(sent, rule, occurred, b)
	dst := queue.AppendHead(b.frame.Event(), id, developer, actor.Kind, r.SourceKind, occurred)
	dst = queue.AppendText(dst, r.Name)
	dst = queue.AppendText(dst, actor.Value)
	dst = queue.AppendText(dst, r.Tool)
	dst = queue.AppendText(dst, r.ToolVersion)
	dst = queue.AppendText(dst, r.Machine)
	dst = queue.AppendText(dst, r.Project)
	dst = queue.AppendText(dst, r.SessionID)
	dst = queue.AppendText(dst, properties)
	b.frame.Add(queue.AppendPackages(dst, b.purls), occurred)
	b.ids, b.places = append(b.ids, id), append(b.places, place)
	return true
}

var emptyObject = []byte("{}")

// allow is check without a reason.
func (l Limits) allow(r *Raw) bool {
	size := len(r.Name) + len(r.ActorValue) + len(r.Tool) + len(r.ToolVersion) + len(r.Machine) + len(r.Project) + len(r.SessionID) + len(r.Properties)
	for _, purl := range r.Packages {
		size += len(purl)
	}
	return size <= l.EventBytes && (l.NameLength == 0 || len(r.Name) <= l.NameLength) && len(r.Properties) <= events.MaxPropertiesBytes
}

// textual tells whether the texts are as the rules of events want them.
func textual(r *Raw) bool {
	return len(r.Name) > 0 && events.IsText(r.Name, events.MaxNameLength) && events.IsText(r.Tool, events.MaxToolLength) &&
		events.IsText(r.ToolVersion, events.MaxToolLength) && events.IsText(r.Machine, events.MaxMachineLength) &&
		events.IsText(r.Project, events.MaxProjectLength) && events.IsText(r.SessionID, events.MaxSessionLength) &&
		events.IsText(r.ActorName, events.MaxNameLength)
}

// actual tells the same of the actor.
func actual(r *Raw) bool {
	return r.ActorKind >= events.FirstIdentityKind && r.ActorKind <= events.LastIdentityKind &&
		len(bytes.TrimSpace(r.ActorValue)) > 0 && events.IsText(r.ActorValue, events.MaxIdentityLength)
}

// The bounds of google.protobuf.Timestamp, the years 1 to 9999.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// time returns when the event happened, zero when it is not said. The zero time of Go is a time that can be sent, and is left to the rules.
func (r *Raw) time() (time.Time, bool) {
	if !r.HasTime {
		return time.Time{}, true
	}
	if r.Seconds <= firstSecond || r.Seconds > lastSecond || r.Nanos < 0 || r.Nanos >= 1e9 {
		return time.Time{}, false
	}
	return time.Unix(r.Seconds, int64(r.Nanos)).UTC(), true
}
