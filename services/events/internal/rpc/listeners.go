package rpc

import (
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog/learn"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/tail"
)

var _ ingest.Listener = listeners{}

// listeners are those who hear of new events: readers of the tail hear the events themselves, the learner only whose they are.
type listeners struct {
	tail    *tail.Hub
	learner *learn.Learner
}

// Listens tells the learner, and whether somebody reads the tail: for the learner no event need be made of its bytes.
func (l listeners) Listens(organization uuid.UUID) bool {
	l.learner.Hear(organization)
	return l.tail.Listens(organization)
}

// Publish offers events to the readers of the tail.
func (l listeners) Publish(organization uuid.UUID, list []events.Event) {
	l.tail.Publish(organization, list)
}
