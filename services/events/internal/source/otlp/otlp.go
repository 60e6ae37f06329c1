// Package otlp is the adapter of OpenTelemetry logs: what AI coding agents and pipelines tell of their work. A record becomes an event; a record of a
// tool call that asks a package manager for packages becomes an event more. It is a pure function between the doors, which have admitted the sender,
// and internal/ingest.
package otlp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	logsv1 "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/commandline"
)

// Sender is who exports.
type Sender struct {
	// Credential is the id of the key: records are told apart within it.
	Credential string
	// Received is when the request arrived.
	Received time.Time
}

// Export is the drafts of some records of a request.
type Export struct {
	Drafts []ingest.Draft
	// Records says for each draft which record it is of, counted from 0.
	Records []int
	// Count is how many records there are.
	Count int

	bytes int // of the drafts' properties
}

// How much is taken at once. A record may become many events, and each has what its resource says.
const (
	togetherDrafts = 5000
	togetherBytes  = 16 << 20
)

// Read makes drafts of a request, some records at a time. OTLP has no id of a record, so one follows from all that the record says but when it was observed,
// where it says when it happened: a batch that is exported again counts once.
func Read(request *collectorv1.ExportLogsServiceRequest, sender Sender) iter.Seq[Export] {
	return func(yield func(Export) bool) {
		var e Export
		for r := range readers(request, sender) {
			e.add(r.drafts())
			if len(e.Drafts) >= togetherDrafts || e.bytes >= togetherBytes {
				if !yield(e) {
					return
				}
				e = Export{}
			}
		}
		if e.Count > 0 {
			yield(e)
		}
	}
}

// readers are those of the records of a request, in their order.
func readers(request *collectorv1.ExportLogsServiceRequest, sender Sender) iter.Seq[*reader] {
	return func(yield func(*reader) bool) {
		for _, resource := range request.GetResourceLogs() {
			about := attributesOf(resource.GetResource().GetAttributes())
			fingerprint := digest(resource.GetResource())
			for _, scope := range resource.GetScopeLogs() {
				for _, record := range scope.GetLogRecords() {
					r := &reader{sender: sender, resource: about, scope: scope.GetScope().GetName(), record: record, attributes: attributesOf(record.GetAttributes())}
					r.key = fingerprint + digest(r.unobserved())
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// add takes the drafts of the next record.
func (e *Export) add(drafts []ingest.Draft) {
	e.Drafts = append(e.Drafts, drafts...)
	for i := range drafts {
		e.Records = append(e.Records, e.Count)
		e.bytes += len(drafts[i].Event.Properties)
	}
	e.Count++
}

// unobserved is a record without the time at which it passed a collector, which differs between two exports of one. Where a record has no other time, that one
// is all that tells it from the next that says the same, and its sender is who has set it.
func (r *reader) unobserved() *logsv1.LogRecord {
	record := r.record
	if record.GetObservedTimeUnixNano() == 0 || record.GetTimeUnixNano() == 0 && r.stamped().IsZero() {
		return record
	}
	c, ok := proto.Clone(record).(*logsv1.LogRecord)
	if !ok {
		return record
	}
	c.ObservedTimeUnixNano = 0
	return c
}

func digest(m proto.Message) string {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil { // text that is not UTF-8 came by JSON: the message was not read then
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// reader reads one record.
type reader struct {
	sender     Sender
	resource   attributes
	scope      string
	record     *logsv1.LogRecord
	attributes attributes
	key        string
}

// at is an attribute of the record, or else of its resource.
func (r *reader) at(names ...string) string {
	for _, name := range names {
		if text := r.attributes.text(name); text != "" {
			return text
		}
	}
	for _, name := range names {
		if text := r.resource.text(name); text != "" {
			return text
		}
	}
	return ""
}

func (r *reader) drafts() []ingest.Draft {
	service := orElse(r.resource.text("service.name"), orElse(r.scope, "otlp"))
	tool, name := r.tool(service)
	delivery := source.Delivery{Key: r.key, Event: r.eventName(), Received: r.sender.Received}
	batch := source.NewBatch("otlp", delivery, r.original())
	var script commandline.Script
	if tool != nil {
		script = commandline.Parse(tool.command(r))
	}
	fact := r.fact(service, tool, name, script)
	batch.Add(fact)
	requested := source.NewBatch("otlp", delivery, source.Value{}) // the original is kept once: a command may ask for many packages
	if tool != nil {
		for i, request := range tool.requests(script, name) {
			requested.Add(r.requested(fact, request, i))
		}
	}
	return append(batch.Drafts(), requested.Drafts()...)
}

// fact is the event of the record.
func (r *reader) fact(service string, tool *agent, suffix string, script commandline.Script) source.Fact {
	fact := source.Fact{
		ID:          source.ContentID("otlp", r.sender.Credential, r.key),
		Name:        orElse(git.Plain(r.eventName(), events.MaxNameLength), "log.recorded"),
		At:          r.time(),
		Kind:        events.SourceSDK,
		Tool:        service,
		ToolVersion: r.at("service.version", "app.version"),
		Machine:     r.at("host.name", "host.id"),
		Project:     git.Repository(r.at("vcs.repository.url.full")),
		Session:     r.at("session.id", "conversation.id", "gen_ai.conversation.id"),
		Properties: source.Properties{
			"branch":   r.at("vcs.ref.head.name"),
			"change":   r.at("vcs.change.id"),
			"commit":   r.at("vcs.ref.head.revision"),
			"scope":    r.scope,
			"severity": r.record.GetSeverityText(),
		},
	}
	if r.at("cicd.pipeline.name", "cicd.pipeline.run.id") != "" {
		fact.Kind = events.SourceCI
		fact.Properties["pipeline"] = r.at("cicd.pipeline.name")
		fact.Session = orElse(fact.Session, r.at("cicd.pipeline.run.id"))
	}
	if tool != nil {
		tool.describe(r, &fact, suffix, script)
	}
	fact.Actor = r.actor(fact)
	return fact
}

// original is what is kept of the record: its attributes without what is private, and never its body.
func (r *reader) original() source.Value {
	raw, err := json.Marshal(map[string]any{"attributes": r.attributes.kept(), "resource": r.resource.kept()})
	if err != nil {
		return source.Value{}
	}
	v, err := source.Parse(raw)
	if err != nil {
		return source.Value{}
	}
	return v
}

// time is when it happened, by the record, its attribute, or its collector.
func (r *reader) time() time.Time {
	for _, nanos := range []uint64{r.record.GetTimeUnixNano(), r.record.GetObservedTimeUnixNano()} {
		if at := time.Unix(0, int64(nanos)); nanos > 0 && nanos < 1<<63 && at.Before(events.MaxTime) { //nolint:gosec // bounded here
			return at.UTC()
		}
		if at := r.stamped(); !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// stamped is the time that an agent writes into an attribute; zero when there is none.
func (r *reader) stamped() time.Time {
	at, err := time.Parse(time.RFC3339Nano, r.attributes.text("event.timestamp"))
	if err != nil || !at.After(events.MinTime) || !at.Before(events.MaxTime) {
		return time.Time{}
	}
	return at
}

// eventName is what the record calls itself: the body where an agent writes the name there, else the attribute, else the field, where some
// libraries write a place in the source code.
func (r *reader) eventName() string {
	name := orElse(r.attributes.text("event.name"), r.record.GetEventName())
	body := r.record.GetBody().GetStringValue()
	for i := range agents {
		if prefix := agents[i].prefix; len(body) < events.MaxNameLength && len(body) > len(prefix) && body[:len(prefix)] == prefix && plain(body) {
			return body
		}
	}
	return name
}

// plain tells whether a text is a name: letters, digits, "_", "." and "-".
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// kinds of identities beside those of internal/source; the numbers are those of the contract.
const (
	machine  events.IdentityKind = 6
	apiKey   events.IdentityKind = 9
	external events.IdentityKind = 10
)

// actor is the person by her address, else by the account or installation within the tool, else the machine, else the key.
func (r *reader) actor(fact source.Fact) source.Actor {
	if email := source.Email(r.at("user.email", "enduser.email")); email.Known() {
		return source.Actor{Identity: email}
	}
	if id := r.at("user.account_uuid", "user.account_id", "user.id", "enduser.id", "installation.id"); id != "" {
		if value := git.Plain(fact.Tool+"#"+id, events.MaxIdentityLength); value != "" {
			return source.Actor{Identity: events.Identity{Kind: external, Value: value}}
		}
	}
	if name := git.Plain(fact.Machine, events.MaxMachineLength); name != "" {
		return source.Actor{Identity: events.Identity{Kind: machine, Value: name}}
	}
	if r.sender.Credential == "" {
		return source.Actor{}
	}
	return source.Actor{Identity: events.Identity{Kind: apiKey, Value: r.sender.Credential}}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
