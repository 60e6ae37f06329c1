package ingest

import (
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
)

// batch is the events of a request that are not rejected, with their places in the request.
type batch struct {
	organization uuid.UUID
	key          string
	ack          Ack
	received     time.Time

	events []events.Event
	places []int
	hints  []people.Hint
}

func (b *batch) add(place int, e events.Event, actorName string) {
	b.events = append(b.events, e)
	b.places = append(b.places, place)
	if e.Actor.Known() {
		b.hints = append(b.hints, people.Hint{Identity: e.Actor, DisplayName: actorName})
	}
}

// stamp writes on each event whose it is, and rejects those whose actor the identity service does not take.
func (b *batch) stamp(found map[events.Identity]people.Person, results []Result) {
	kept := 0
	for i, e := range b.events {
		if e.Actor.Known() {
			person := found[e.Actor]
			if person.Refused != nil {
				results[b.places[i]] = Result{Status: Rejected, Err: refused(person.Refused)}
				continue
			}
			e.Actor, e.DeveloperID = person.Identity, person.DeveloperID
		}
		b.events[kept], b.places[kept] = e, b.places[i]
		kept++
	}
	b.events, b.places = b.events[:kept], b.places[:kept]
}

// refused names the actor as the field: the identity service names a field of its own request.
func refused(err error) error {
	if reason := fault.ReasonOf(err); reason != "" {
		return fault.New(fault.Invalid, reason, err.Error()).Field("actor.value")
	}
	return events.ErrIdentityInvalid.With("%s", err.Error()).Field("actor.value")
}
