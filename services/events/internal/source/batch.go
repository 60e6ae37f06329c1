package source

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

// Fact is one thing that a delivery tells, before it is an event.
type Fact struct {
	// ID, unless nil, is an id by content; else the id follows from the delivery and the place in it.
	ID uuid.UUID
	// Name of the event, past tense after its object.
	Name string
	// At is when it happened; zero: when the delivery came.
	At time.Time
	// Actor is who did it.
	Actor Actor
	// Kind and Tool of the source; zero: a Git provider, the one of the batch.
	Kind        events.SourceKind
	Tool        string
	ToolVersion string
	Machine     string
	// Project is the canonical repository.
	Project string
	// Packages are canonical purls.
	Packages []string
	// Session groups what belongs to one conversation or run.
	Session string
	// Properties are the facts that questions ask for; empty ones are left out.
	Properties Properties
	// Original is the part of the message that says it; the zero value: all of it.
	Original Value
}

// Properties are the properties of an event by their names.
type Properties map[string]any

// Batch gathers the drafts of one delivery.
type Batch struct {
	tool     string
	delivery Delivery
	body     Value
	drafts   []ingest.Draft
	size     int // of the drafts and of what the request has made before
}

// NewBatch starts the drafts of a delivery of a tool.
func NewBatch(tool string, delivery Delivery, body Value) *Batch {
	return &Batch{tool: tool, delivery: delivery, body: body, size: delivery.Taken}
}

// Drafts are the drafts so far.
func (b *Batch) Drafts() []ingest.Draft { return b.drafts }

// All are the drafts of a delivery that may tell of any number of facts, or the error that they take too much memory.
func (b *Batch) All() ([]ingest.Draft, error) {
	if b.size > ingest.MaxRequestBytes {
		return nil, TooLarge()
	}
	return b.drafts, nil
}

// Add makes a draft of a fact. Texts are cut to what an event may hold, so that no fact is refused for a long name.
// Once the drafts take too much memory it makes no more: a name that stands once in a message may be in each of its thousands of events.
func (b *Batch) Add(f Fact) {
	if b.size > ingest.MaxRequestBytes {
		b.drafts = nil
		return
	}
	e := events.Event{
		ID:         f.ID,
		Name:       git.Plain(f.Name, events.MaxNameLength),
		OccurredAt: f.At,
		Actor:      f.Actor.Identity,
		Source:     events.Source{Kind: f.Kind, Tool: f.Tool, ToolVersion: git.Plain(f.ToolVersion, events.MaxToolLength), Machine: git.Plain(f.Machine, events.MaxMachineLength)},
		Project:    f.Project,
		SessionID:  session(f.Session),
	}
	if e.ID == uuid.Nil {
		e.ID = ID(b.tool, b.delivery.Key, len(b.drafts))
	}
	if git.Plain(e.Actor.Value, events.MaxIdentityLength) != e.Actor.Value { // an event would be refused for it
		e.Actor = events.Identity{}
	}
	if e.OccurredAt.IsZero() {
		e.OccurredAt = b.delivery.Received
	}
	if e.Source.Kind == 0 {
		e.Source.Kind = events.SourceGit
	}
	if e.Source.Tool = git.Plain(e.Source.Tool, events.MaxToolLength); e.Source.Tool == "" {
		e.Source.Tool = b.tool
	}
	properties := Properties{}
	for name, value := range f.Properties {
		properties.put(name, value)
	}
	properties.put("bot", f.Actor.Bot)
	properties.put("login", f.Actor.Login)
	properties.put("provider_event", git.Plain(b.delivery.Event, events.MaxNameLength))
	e.Packages = purlsOf(f.Packages, properties)
	original := f.Original
	if !original.Exists() {
		original = b.body
	}
	e.Properties = properties.json(original)
	b.drafts = append(b.drafts, ingest.Draft{Event: e, ActorName: f.Actor.Name})
	b.size += size(&b.drafts[len(b.drafts)-1])
}

// session shortens the name of a session that is too long to an id that follows from it.
func session(name string) string {
	plain := git.Plain(name, len(name)+1)
	if len(plain) <= events.MaxSessionLength {
		return plain
	}
	return uuid.NewSHA1(deliveries, []byte(plain)).String()
}

// purlsOf sorts purls, drops what comes twice and cuts the list to what an event may have, and says so.
func purlsOf(purls []string, properties Properties) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(purls)))
	if len(sorted) > events.MaxPackages {
		properties["truncated"], properties["package_count"] = true, len(sorted)
		sorted = sorted[:events.MaxPackages]
	}
	return sorted
}

// What one property holds at most, in bytes and members: a message may be longer than what an event takes.
const (
	maxProperty = 4000
	maxTexts    = 200
)

// short makes text that JSON can hold, cut to what one property holds.
func short(s string) string {
	if len(s) > maxProperty {
		s = s[:maxProperty]
	}
	return clean(s)
}

// put sets a property unless it says nothing.
func (p Properties) put(name string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
		value = short(v)
	case bool:
		if !v {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
		texts := make([]string, min(len(v), maxTexts))
		for i := range texts {
			texts[i] = short(v[i])
		}
		value = texts
	case time.Time:
		if v.IsZero() {
			return
		}
		value = v.Format(time.RFC3339Nano)
	}
	p[name] = value
}

// With returns the properties with others added.
func (p Properties) With(others Properties) Properties {
	all := maps.Clone(p)
	if all == nil {
		all = Properties{}
	}
	maps.Copy(all, others)
	return all
}

// json writes the properties with the original beside them, which is left out when no event could hold it.
func (p Properties) json(original Value) string {
	if original.Exists() {
		kept, trimmed := keep(original)
		p["original"] = kept
		if trimmed {
			p["original_trimmed"] = true
		}
	}
	if text, ok := marshal(p); ok {
		return text
	}
	delete(p, "original")
	p["original_trimmed"] = true
	if text, ok := marshal(p); ok {
		return text
	}
	return `{"original_trimmed":true}`
}

// marshal writes JSON that an event takes.
func marshal(v any) (string, bool) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", false
	}
	text, err := events.CanonicalObject(b.String())
	return text, err == nil && len(text) <= events.MaxPropertiesBytes
}
