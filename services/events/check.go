package events

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"devtrail.dev/kit/purl"
)

// Limits of an event, in characters unless the name says bytes.
const (
	MaxIdentityLength  = 320
	MaxMachineLength   = 320
	MaxNameLength      = 200
	MaxPackages        = 100
	MaxProjectLength   = 500
	MaxPropertiesBytes = 1 << 20
	MaxPurlLength      = 2048
	MaxSessionLength   = 200
	MaxToolLength      = 200
)

// MaxAhead is how far an event may lie in the future: clocks and time zones explain less than a day, more is a mistake of the sender.
const MaxAhead = 23 * time.Hour

// The times that both engines can hold to the microsecond.
var (
	MinTime = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	MaxTime = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC) // the first instant after them

	minMicros, maxMicros = MinTime.UnixMicro(), MaxTime.UnixMicro()
)

// Canonical checks an event as a source sent it and returns it as stores keep it: times in whole microseconds, purls and properties canonical.
// received is when it arrived. The error is a fault of kind Invalid that names the field and quotes the value.
func (e Event) Canonical(received time.Time) (Event, error) {
	if e.ID == uuid.Nil {
		return Event{}, ErrEventIDInvalid.With("the event id is the zero UUID").Field("id")
	}
	for _, text := range e.texts() {
		if err := text.check(); err != nil {
			return Event{}, err
		}
	}
	if e.Actor != (Identity{}) {
		if err := e.Actor.check("actor"); err != nil {
			return Event{}, err
		}
	}
	if e.Source.Kind < SourceBrowser || e.Source.Kind > SourceSDK {
		return Event{}, ErrSourceKindInvalid.With("source kind %d is not known", e.Source.Kind).Field("source.kind")
	}
	var err error
	e.ReceivedAt = Microseconds(received)
	if e.OccurredAt, err = CanonicalTime(e.OccurredAt, e.ReceivedAt); err != nil {
		return Event{}, err
	}
	if e.Packages, err = canonicalPurls(e.Packages); err != nil {
		return Event{}, err
	}
	if len(e.Properties) > MaxPropertiesBytes {
		return Event{}, ErrEventTooLarge.With("the properties have %d bytes, at most %d are taken", len(e.Properties), MaxPropertiesBytes).Field("properties_json")
	}
	if e.Properties, err = CanonicalObject(e.Properties); err != nil {
		return Event{}, err
	}
	if len(e.Properties) > MaxPropertiesBytes {
		return Event{}, ErrEventTooLarge.With("the properties have %d bytes in canonical form, at most %d are taken", len(e.Properties), MaxPropertiesBytes).Field("properties_json")
	}
	return e, nil
}

// Microseconds cuts a time to whole microseconds, in UTC.
func Microseconds(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// text is one text field of an event.
type text struct {
	field    string
	value    string
	limit    int
	required bool
}

// texts lists the text fields that share one rule.
func (e *Event) texts() [6]text {
	return [6]text{
		{field: "name", value: e.Name, limit: MaxNameLength, required: true},
		{field: "source.tool", value: e.Source.Tool, limit: MaxToolLength},
		{field: "source.tool_version", value: e.Source.ToolVersion, limit: MaxToolLength},
		{field: "source.machine", value: e.Source.Machine, limit: MaxMachineLength},
		{field: "project", value: e.Project, limit: MaxProjectLength},
		{field: "session_id", value: e.SessionID, limit: MaxSessionLength},
	}
}

// check refuses text that is absent though required, too long, not UTF-8, or that holds control characters: they hide in terminals and logs.
func (t text) check() error {
	if t.value == "" {
		if t.required {
			return ErrFieldMissing.With("%s is empty", t.field).Field(t.field)
		}
		return nil
	}
	if !utf8.ValidString(t.value) {
		return ErrTextInvalid.With("%s is not valid UTF-8: %s", t.field, quote(t.value)).Field(t.field)
	}
	if n := utf8.RuneCountInString(t.value); n > t.limit {
		return ErrTextTooLong.With("%s has %d characters, at most %d are taken: %s", t.field, n, t.limit, quote(t.value)).Field(t.field)
	}
	for _, r := range t.value {
		if unicode.IsControl(r) {
			return ErrTextInvalid.With("%s holds a control character: %s", t.field, quote(t.value)).Field(t.field)
		}
	}
	return nil
}

// CheckName checks the name of somebody as a source shows it; it is handed on and not kept with the event.
func CheckName(field, value string) error {
	return text{field: field, value: value, limit: MaxNameLength}.check()
}

func (i Identity) check(field string) error {
	if i.Kind < FirstIdentityKind || i.Kind > LastIdentityKind {
		return ErrIdentityInvalid.With("identity kind %d is not known", i.Kind).Field(field + ".kind")
	}
	if i.Value != "" && strings.TrimSpace(i.Value) == "" { // nothing would be left of it in canonical form
		return ErrFieldMissing.With("%s.value is blank", field).Field(field + ".value")
	}
	return text{field: field + ".value", value: i.Value, limit: MaxIdentityLength, required: true}.check()
}

// CanonicalTime returns when an event happened that is said to have happened at occurred, and arrived at received: in whole microseconds, and the time of arrival
// in place of a time too far in the future. received must be in whole microseconds. The error is ErrTimeInvalid.
func CanonicalTime(occurred, received time.Time) (time.Time, error) {
	at := occurred.UnixMicro() // every event comes by here: numbers are compared several times as fast as times
	if at-received.UnixMicro() > MaxAhead.Microseconds() {
		return received, nil
	}
	occurred = time.UnixMicro(at).UTC()
	if at < minMicros || at >= maxMicros {
		return time.Time{}, ErrTimeInvalid.With("occurred_at %q is outside the years 1970 to 2261", occurred.Format(time.RFC3339Nano)).Field("occurred_at")
	}
	return occurred, nil
}

// canonicalPurls keeps qualifiers: they are facts of the event, though questions about packages ignore them.
func canonicalPurls(raw []string) ([]string, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if len(raw) > MaxPackages {
		return nil, ErrEventTooLarge.With("the event has %d packages, at most %d are taken", len(raw), MaxPackages).Field("packages")
	}
	canonical := make([]string, len(raw))
	for i, s := range raw {
		field := fmt.Sprintf("packages[%d]", i)
		if n := utf8.RuneCountInString(s); n > MaxPurlLength {
			return nil, ErrTextTooLong.With("%s has %d characters, at most %d are taken: %s", field, n, MaxPurlLength, quote(s)).Field(field)
		}
		p, err := purl.Parse(s)
		if err != nil {
			return nil, ErrPurlInvalid.With("%s", err.Error()).Field(field)
		}
		canonical[i] = p.String()
	}
	slices.Sort(canonical)
	return slices.Compact(canonical), nil
}

// quote shows a value from outside, short enough for a message.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return fmt.Sprintf("%q...", s[:cut])
	}
	return fmt.Sprintf("%q", s)
}
