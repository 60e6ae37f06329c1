// Package bitbucket translates deliveries of the webhooks of Bitbucket Cloud and of Bitbucket Data Center, which are two products with
// messages of their own, into drafts of events. It is a pure function between internal/hook, which has verified the delivery, and internal/ingest.
package bitbucket

import (
	"strings"

	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// Tool is the name of this source.
const Tool = "bitbucket"

// cloudHost is the host of Bitbucket Cloud.
const cloudHost = "bitbucket.org"

// Translate makes drafts of a delivery whose Event is the value of X-Event-Key. An event that is not known makes none.
// The error says that the body is not a JSON object, or that its events take too much memory.
func Translate(d source.Delivery) ([]ingest.Draft, error) {
	body, err := source.Parse(d.Body)
	if err != nil {
		return nil, err
	}
	if isServer(d.Event, body) {
		return translateServer(d, body)
	}
	return translateCloud(d, body)
}

// isServer tells a message of Data Center: it repeats the event's key, or its event is one that Cloud does not have.
func isServer(event string, body source.Value) bool {
	if body.Has("eventKey") {
		return true
	}
	for _, prefix := range []string{"pr:", "mirror:", "diagnostics:", "proj:modified", "project:modified", "repo:refs_changed", "repo:modified", "repo:forked", "repo:comment:", "repo:secret_detected"} {
		if strings.HasPrefix(event, prefix) {
			return true
		}
	}
	return false
}

// positive is a number, or nothing when there is none.
func positive(v source.Value) any {
	if n := v.Int(); n > 0 {
		return n
	}
	return nil
}
