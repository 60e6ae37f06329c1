package ingest

import (
	"unicode/utf8"

	"devtrail.dev/services/events"
)

// Limits are stricter than the rules of events by an installation's own choice. A zero field sets the rule of events.
type Limits struct {
	EventBytes    int // of all texts of an event together
	NameLength    int // of an event's name, in characters
	PropertyDepth int // of objects and arrays in one another
}

// MaxRequestBytes is how much the events of one request may take in the log, where they are one frame: what the doors take, several times over, and much less
// than what the log calls a damaged frame ([queue.MaxFrameBytes]). Sources can make many events of a small message.
const MaxRequestBytes = 64 << 20

// defaultEventBytes is 1 MiB.
const defaultEventBytes = 1 << 20

func (l Limits) withDefaults() Limits {
	if l.EventBytes == 0 {
		l.EventBytes = defaultEventBytes
	}
	return l
}

// check judges an event before it is made canonical, which costs more.
func (l Limits) check(e *events.Event) error {
	size := len(e.Name) + len(e.Actor.Value) + len(e.Source.Tool) + len(e.Source.ToolVersion) + len(e.Source.Machine) + len(e.Project) + len(e.SessionID) + len(e.Properties)
	for _, purl := range e.Packages {
		size += len(purl)
	}
	if size > l.EventBytes {
		return events.ErrEventTooLarge.With("the event has %d bytes, at most %d are taken", size, l.EventBytes).Field("properties_json")
	}
	if l.NameLength > 0 {
		if n := utf8.RuneCountInString(e.Name); n > l.NameLength {
			return events.ErrTextTooLong.With("name has %d characters, at most %d are taken", n, l.NameLength).Field("name")
		}
	}
	if l.PropertyDepth > 0 && depth(e.Properties) > l.PropertyDepth {
		return events.ErrPropertiesInvalid.With("properties nest deeper than %d", l.PropertyDepth).Field("properties_json")
	}
	return nil
}

// depth counts how deep objects and arrays nest. Of text that is not JSON it says anything: the rules of events refuse that.
func depth(text string) int {
	deepest, level, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}
