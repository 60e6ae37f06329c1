// Package source is what the adapters of event sources share: the delivery they read, the ids and names of what they tell, and
// the reading of JSON from somebody else. An adapter (a folder below) is a pure function from a delivery to drafts; it stands between
// the HTTP door, which has verified the delivery, and internal/ingest.
package source

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Delivery is one message of a source, verified.
type Delivery struct {
	// Key tells deliveries apart: the same key is the same delivery, sent again.
	Key string
	// Event is the kind of delivery, as the source names it.
	Event string
	// Tool is the name of the product, where one adapter reads several that speak alike.
	Tool string
	// Host is the name of the source's host where the message does not tell it; may be empty.
	Host string
	// Body is the JSON message.
	Body []byte
	// Taken is how many bytes the drafts of other messages of the same request take.
	Taken int
	// Received is when it arrived; it is the time of what has no time of its own.
	Received time.Time
}

// deliveries is the namespace of the ids of events from sources. It never changes: every id depends on it.
var deliveries = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://devtrail.dev/events/source"))

// ID is the id of an event by its place in a delivery of a source: a delivery that comes again makes the same ids.
func ID(source, delivery string, index int) uuid.UUID {
	return uuid.NewSHA1(deliveries, []byte(source+"\x00"+delivery+"\x00"+strconv.Itoa(index)))
}

// ContentID is the id of an event by what it says, for what a source tells in several deliveries. The parts must hold no NUL.
func ContentID(source string, parts ...string) uuid.UUID {
	return uuid.NewSHA1(deliveries, []byte(source+"\x00content\x00"+strings.Join(parts, "\x00")))
}
