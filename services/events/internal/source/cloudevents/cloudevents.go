// Package cloudevents is the adapter of CloudEvents 1.0 and of the events that travel in them: CDEvents of delivery tools, webhooks of Git providers
// that a broker passes on. It reads the three HTTP modes (binary, structured, batch) by the letter of the specification and makes drafts of them.
// It stands between the HTTP door, which has admitted the sender, and internal/ingest.
package cloudevents

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"devtrail.dev/kit/git"
	"devtrail.dev/kit/purl"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// Event is a CloudEvent, checked.
type Event struct {
	ID              string
	Source          string
	Type            string
	Subject         string
	DataContentType string
	DataSchema      string
	Time            time.Time // zero: not told
	// Extensions are texts, booleans and whole numbers (json.Number).
	Extensions map[string]any
	// Data is JSON; a JSON text for what is text or bytes; nil when there is none.
	Data json.RawMessage
	// Base64 says that Data is bytes in base64.
	Base64 bool
	// Err says what is wrong with an event of a batch; it has nothing else then.
	Err error
}

// Drafts makes the drafts of events that came in one request, and tells of each the place of its event: a webhook in an event may be many. An event's
// draft has an id that follows from its source and id, the key by which CloudEvents are told apart. What is wrong with one event is the error of a
// draft. The error says that they take too much memory.
func Drafts(list []Event, received time.Time) (drafts []ingest.Draft, places []int, err error) {
	taken := 0
	for i, e := range list {
		more, err := e.drafts(received, taken)
		switch {
		case errors.Is(err, events.ErrRequestTooLarge):
			return nil, nil, err
		case err != nil:
			more = []ingest.Draft{{Err: err}}
		}
		drafts, taken = append(drafts, more...), taken+source.Size(more)
		for range more {
			places = append(places, i)
		}
	}
	return drafts, places, nil
}

func (e Event) drafts(received time.Time, taken int) ([]ingest.Draft, error) {
	if e.Err != nil {
		return nil, e.Err
	}
	if list, err := e.provider(received, taken); len(list) > 0 || err != nil {
		return list, err
	}
	original, err := source.Parse(e.json())
	if err != nil { // written by ourselves, so it has too many values
		return nil, ErrFormat.Wrap(err)
	}
	batch := source.NewBatch("cloudevents", source.Delivery{Key: e.ID, Event: e.Type, Received: received, Taken: taken}, original)
	if fact, ok := e.cdevent(original.At("data")); ok {
		batch.Add(fact)
	} else {
		batch.Add(e.fact())
	}
	return batch.All()
}

// fact is an event of a type that is nobody's in particular: its type and source stand as they are.
func (e Event) fact() source.Fact {
	return source.Fact{
		ID:         source.ID(e.Source, e.ID, 0),
		Name:       e.Type,
		At:         e.Time,
		Actor:      e.actor(),
		Kind:       events.SourceSDK,
		Tool:       e.tool(),
		Packages:   packages(e.Subject),
		Properties: source.Properties{"subject": e.Subject, "cloudevents_source": e.Source},
	}
}

// tool is the host of the source, or the source.
func (e Event) tool() string {
	if host := e.host(); host != "" {
		return host
	}
	return e.Source
}

// host is the host of a source that is an address, with "//" before it. Others have none: what stands before the first colon of urn:acme:ci is all URNs'.
func (e Event) host() string {
	if !strings.Contains(e.Source, "://") {
		return ""
	}
	return git.Host(e.Source)
}

// actor is who did it by the extension authcontext.
func (e Event) actor() source.Actor {
	id, _ := e.Extensions["authid"].(string)
	switch e.Extensions["authtype"] {
	case "system", "unauthenticated", "unknown":
		return source.Actor{}
	}
	return e.person(id)
}

// external is the kind of an identity that the sending application chose.
const external events.IdentityKind = 10

// person is somebody by the name that the source knows: an address, a login at the source's host, or a name within the source.
func (e Event) person(name string) source.Actor {
	name = git.Plain(name, events.MaxIdentityLength)
	if name == "" {
		return source.Actor{}
	}
	var actor source.Actor
	switch host := e.host(); {
	case strings.Contains(name, "@") && !strings.ContainsAny(name, " :/"):
		actor.Identity = source.Email(name)
	case host != "":
		actor.Identity = source.LoginAt(host, name)
	}
	if value := e.Source + "#" + name; !actor.Identity.Known() && len(value) <= events.MaxIdentityLength {
		actor.Identity = events.Identity{Kind: external, Value: value}
	}
	return actor.Named(name)
}

// packages are the purls among some names.
func packages(names ...string) []string {
	var purls []string
	for _, name := range names {
		if !strings.HasPrefix(name, "pkg:") {
			continue
		}
		if p, err := purl.Parse(name); err == nil {
			purls = append(purls, p.String())
		}
	}
	return purls
}

// json writes the event in the structured form, to be kept as the original.
func (e Event) json() []byte {
	out := make(map[string]any, len(e.Extensions)+8)
	for name, value := range e.Extensions {
		out[name] = value
	}
	for name, value := range map[string]string{
		"datacontenttype": e.DataContentType, "dataschema": e.DataSchema, "id": e.ID, "source": e.Source, "specversion": specVersion, "subject": e.Subject, "type": e.Type,
	} {
		if value != "" {
			out[name] = value
		}
	}
	if !e.Time.IsZero() {
		out["time"] = e.Time.Format(time.RFC3339Nano)
	}
	switch {
	case e.Data == nil:
	case e.Base64:
		out["data_base64"] = e.Data
	default:
		out["data"] = e.Data
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return body
}
