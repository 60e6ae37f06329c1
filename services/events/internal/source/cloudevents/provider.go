package cloudevents

import (
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/github"
	"devtrail.dev/services/events/internal/source/gitlab"
)

// providers are the types under which brokers pass webhooks of Git providers on, by the official adapters of CloudEvents. Their adapters make the
// same drafts, with the same ids, whether the webhook came by itself or in a CloudEvent.
var providers = []struct {
	prefix    string
	translate func(source.Delivery) ([]ingest.Draft, error)
}{
	{"com.github.", github.Translate},
	{"com.gitlab.", gitlab.Translate},
}

// provider makes the drafts of a Git provider's webhook; none when the event is not one or says nothing that its adapter knows.
// The error says that they take too much memory.
func (e Event) provider(received time.Time, taken int) ([]ingest.Draft, error) {
	if e.Base64 || e.Data == nil {
		return nil, nil
	}
	for _, p := range providers {
		rest, ok := strings.CutPrefix(e.Type, p.prefix)
		if !ok {
			continue
		}
		event, _, _ := strings.Cut(rest, ".")
		drafts, err := p.translate(source.Delivery{Key: e.deliveryKey(), Event: event, Host: e.host(), Body: e.Data, Received: received, Taken: taken})
		if errors.Is(err, events.ErrRequestTooLarge) {
			return nil, err
		}
		return drafts, nil // what its adapter cannot read stands as it is
	}
	return nil, nil
}

// deliveryKey is the key of the delivery that a webhook in an event came with: the event's id, when it can be one, for those are UUIDs. Any other id is told apart
// within its source alone.
func (e Event) deliveryKey() string {
	if uuid.Validate(e.ID) == nil {
		return e.ID
	}
	return e.Source + "\x00" + e.ID
}
