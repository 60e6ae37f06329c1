package ingest

import (
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/queue"
)

// batch is the events of a request that are not rejected, encoded as the log keeps them, and what becomes of all of the request. Its memory is used again
// by another request, unless this one was left while its events were on their way.
type batch struct {
	organization uuid.UUID
	key          string
	ack          Ack
	received     time.Time
	sent         time.Time // by the clock of the sender; zero when it is not said

	frame    *queue.Builder // nil once a batch that waits for the database is in the log
	ids      []uuid.UUID    // of the events in the frame
	places   []int          // of the events in the request
	window   window
	verdicts []verdict
	results  []Result // of the request
	known    faces
	found    map[events.Identity]people.Person // who had to be asked for
	hints    []people.Hint                     // who must be
	purls    []string                          // of the event at hand
}

// begin makes the batch ready for a request of n events.
func (b *batch) begin(r *Request, received time.Time, n int) {
	b.organization, b.key, b.ack, b.received = r.Organization, r.Key, r.Ack, received
	b.found = nil
	b.known.forget()
	b.results = append(b.results[:0], make([]Result, n)...)
	b.empty()
}

// empty drops the events.
func (b *batch) empty() {
	b.frame.Reset(b.key)
	b.ids, b.places, b.hints = b.ids[:0], b.places[:0], b.hints[:0]
	b.window = window{}
}

// add takes an event that is canonical and stamped.
func (b *batch) add(place int, e *events.Event) {
	b.frame.Append(e)
	b.ids, b.places = append(b.ids, e.ID), append(b.places, place)
}

// learn takes what the directory says of the hints.
func (b *batch) learn(found map[events.Identity]people.Person) {
	if b.found == nil {
		b.found = make(map[events.Identity]people.Person, len(b.hints))
	}
	for _, h := range b.hints {
		b.found[h.Identity] = found[h.Identity]
	}
}

// answer writes down what became of the events in the frame.
func (b *batch) answer(verdicts []verdict) {
	for i, v := range verdicts {
		b.results[b.places[i]] = v.result()
	}
}

// reject says that an event breaks a rule.
func (b *batch) reject(place int, err error) { b.results[place] = Result{Status: Rejected, Err: err} }

// refuse is reject, unless the error may pass: then nothing is said of the event, and it is returned.
func (b *batch) refuse(place int, err error) error {
	if passing(err) {
		return err
	}
	b.reject(place, err)
	return nil
}

// refused names the actor as the field: the identity service names a field of its own request.
func refused(err error) error {
	if reason := fault.ReasonOf(err); reason != "" {
		return fault.New(fault.Invalid, reason, err.Error()).Field("actor.value")
	}
	return events.ErrIdentityInvalid.With("%s", err.Error()).Field("actor.value")
}
