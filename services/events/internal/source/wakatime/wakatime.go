// Package wakatime is the adapter of the heartbeats that WakaTime's editor plugins send: what somebody works on, by file, project and branch.
// It is a pure function between the HTTP door, which has admitted the sender, and internal/ingest.
package wakatime

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
)

// MaxHeartbeats is how many heartbeats a request may have; plugins send 25.
const MaxHeartbeats = 100

// What is kept of the imports of a file, by the limits of the plugins.
const (
	maxImports      = 1000
	maxImportLength = 200
)

var (
	// ErrBody says that the body is neither a heartbeat nor a list of them.
	ErrBody = fault.New(fault.Invalid, "HEARTBEATS_INVALID", "the body is not a list of heartbeats")
	// ErrHeartbeat says that a heartbeat lacks what one must have.
	ErrHeartbeat = fault.New(fault.Invalid, "HEARTBEAT_INVALID", "the heartbeat is not valid")
)

// Sender is what the request says of who sends.
type Sender struct {
	// Credential is the id of the key: heartbeats are told apart within it.
	Credential string
	// Machine is the value of X-Machine-Name, UserAgent of User-Agent, TimeZone of TimeZone; each may be empty.
	Machine, UserAgent, TimeZone string
	// Received is when the request arrived.
	Received time.Time
}

// Heartbeat is one heartbeat and its draft; the first four are for the answer.
type Heartbeat struct {
	Entity string
	Type   string
	Time   float64
	Draft  ingest.Draft
}

// One reads a request with one heartbeat.
func One(body []byte, sender Sender) (Heartbeat, error) {
	v, err := source.Parse(body)
	if err != nil {
		return Heartbeat{}, ErrBody.With("the body is not a heartbeat, a JSON object")
	}
	return heartbeat(body, v, sender), nil
}

// Many reads a request with a list of heartbeats. A bad one has a draft with an error, so that the others pass.
func Many(body []byte, sender Sender) ([]Heartbeat, error) {
	if n := source.Elements(body); n > MaxHeartbeats {
		return nil, ErrBody.With("the request has %d heartbeats, at most %d are taken", n, MaxHeartbeats)
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(body, &raws); err != nil || raws == nil { // null is no list
		return nil, ErrBody
	}
	list := make([]Heartbeat, len(raws))
	for i, raw := range raws {
		v, err := source.Parse(raw)
		if err != nil {
			list[i].Draft.Err = ErrHeartbeat.With("the heartbeat is not a JSON object")
			continue
		}
		list[i] = heartbeat(raw, v, sender)
	}
	return list, nil
}

func heartbeat(raw []byte, v source.Value, sender Sender) Heartbeat {
	h := Heartbeat{Entity: withoutCredentials(v.At("entity").Text()), Type: orElse(v.At("type").Text(), "file")}
	seconds, err := strconv.ParseFloat(v.At("time").Text(), 64)
	switch {
	case strings.TrimSpace(h.Entity) == "":
		h.Draft.Err = ErrHeartbeat.With("the entity is missing").Field("entity")
		return h
	case err != nil || math.IsNaN(seconds) || seconds <= 0 || seconds > float64(events.MaxTime.Unix()):
		h.Draft.Err = ErrHeartbeat.With("the time is not a number of seconds since 1970").Field("time")
		return h
	}
	h.Time = seconds
	original, err := source.Parse(cleaned(raw, h.Entity, remote(v.At("project").Text())))
	if err != nil {
		h.Draft.Err = ErrHeartbeat
		return h
	}
	batch := source.NewBatch("wakatime", source.Delivery{Event: v.At("category").Text(), Received: sender.Received}, original)
	batch.Add(h.fact(v, sender, seconds))
	h.Draft = batch.Drafts()[0]
	return h
}

// names of the events and kinds of their sources, by the type of heartbeat.
var types = map[string]struct {
	name string
	kind events.SourceKind
}{
	"app":    {"app.heartbeat", events.SourceEditor},
	"domain": {"browser.heartbeat", events.SourceBrowser},
	"file":   {"editor.heartbeat", events.SourceEditor},
	"url":    {"browser.heartbeat", events.SourceBrowser},
}

// machine is the kind of identity that a machine is.
const machine events.IdentityKind = 6

// apiKey is the kind of identity that a key is.
const apiKey events.IdentityKind = 9

func (h Heartbeat) fact(v source.Value, sender Sender, seconds float64) source.Fact {
	kind, known := types[h.Type]
	if !known {
		kind = types["file"]
	}
	// A browser's extension says in plugin what it is; the header is the browser's then.
	agent := parseAgent(orElse(source.First(v.At("user_agent"), v.At("plugin")).Text(), sender.UserAgent))
	project := remote(meant(v.At("project").Text()))
	micros := int64(math.Round(seconds * 1e6))
	// The key by which upstream tells heartbeats apart, within the sender's own.
	key := strings.Join([]string{
		strconv.FormatInt(micros, 10), h.Type, v.At("category").Text(), orElse(v.At("project").Text(), "unset"), orElse(v.At("branch").Text(), "unset"), h.Entity,
		strconv.FormatBool(v.At("is_write").True()),
	}, "-")
	return source.Fact{
		ID:          source.ID("wakatime", sender.Credential+"\x00"+key, 0),
		Name:        kind.name,
		At:          time.UnixMicro(micros),
		Actor:       sender.actor(),
		Kind:        kind.kind,
		Tool:        orElse(agent.editor, "wakatime"),
		ToolVersion: agent.editorVersion,
		Machine:     sender.machine(),
		Project:     orElse(source.Repository(project), git.Plain(project, events.MaxProjectLength)),
		Properties: source.Properties{
			"branch":    git.Plain(meant(v.At("branch").Text()), maxImportLength),
			"category":  git.Plain(orElse(v.At("category").Text(), "coding"), maxImportLength),
			"entity":    h.Entity,
			"imports":   imports(v.At("dependencies")),
			"is_write":  v.At("is_write").True(),
			"language":  git.Plain(meant(v.At("language").Text()), maxImportLength),
			"os":        agent.os,
			"plugin":    agent.plugin,
			"time_zone": git.Plain(sender.TimeZone, maxImportLength),
			"type":      git.Plain(h.Type, maxImportLength),
		},
	}
}

// meant is a text of a heartbeat, empty for the place holders by which a browser's extension says that it knows none: <<LAST_PROJECT>> and its like stand for
// the last one that upstream has seen, which is a guess.
func meant(text string) string {
	if strings.HasPrefix(text, "<<LAST_") && strings.HasSuffix(text, ">>") {
		return ""
	}
	return text
}

// machine is the name of the machine. Since 1.70.1 wakatime-cli encodes it as a query does, for the name may have characters that no header takes; others send
// it as it is.
func (s Sender) machine() string {
	if strings.HasPrefix(s.UserAgent, "wakatime/") {
		if name, err := url.QueryUnescape(s.Machine); err == nil {
			return name
		}
	}
	return s.Machine
}

// actor is the machine that the heartbeat comes from, else the key: one key may serve a whole team, a machine seldom does.
func (s Sender) actor() source.Actor {
	name := git.Plain(s.machine(), events.MaxMachineLength)
	if name != "" {
		return source.Actor{Identity: events.Identity{Kind: machine, Value: name}}
	}
	if s.Credential == "" {
		return source.Actor{}
	}
	return source.Actor{Identity: events.Identity{Kind: apiKey, Value: s.Credential}}
}

// imports are the names that a file imports, as the plugin read them, nil when there are none. They are not names of packages (yaml is of PyYAML), so no
// purl is made of them. They are no []string: a property of texts is cut to fewer, and the originals are not kept beside them.
func imports(list source.Value) any {
	var names []any
	for _, name := range list.Texts() {
		if name = git.Plain(name, maxImportLength); name != "" && len(names) < maxImports {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil
	}
	return names
}

// cleaned is a heartbeat to be kept: its entity and project without credentials, and without the imports, which are a property already.
func cleaned(raw []byte, entity, project string) []byte {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil
	}
	members["entity"] = entity
	if _, told := members["project"].(string); told {
		members["project"] = project
	}
	delete(members, "dependencies")
	out, err := json.Marshal(members)
	if err != nil {
		return nil
	}
	return out
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
