package cloudevents

import (
	"encoding/json"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
)

const specVersion = "1.0"

// The rules that a CloudEvent can break.
var (
	ErrSpecVersion = fault.New(fault.Invalid, "SPECVERSION_UNKNOWN", "the version of CloudEvents is not known; 1.0 is").Field("specversion")
	ErrAttribute   = fault.New(fault.Invalid, "ATTRIBUTE_INVALID", "the attribute is not valid")
	ErrData        = fault.New(fault.Invalid, "DATA_INVALID", "the data is not valid").Field("data")
	ErrFormat      = fault.New(fault.Invalid, "FORMAT_INVALID", "the body is not a CloudEvent")
)

func invalid(name, format string, args ...any) error {
	return ErrAttribute.With("the attribute "+strconv.Quote(name)+" "+format, args...).Field(name)
}

// isName tells whether an attribute is named by the rule: lower-case letters and digits of ASCII.
func isName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// build makes an event of its attributes, which are texts, booleans and whole numbers, and checks them.
func build(attributes map[string]any) (Event, error) {
	var e Event
	version, told := attributes["specversion"]
	if !told || version != specVersion {
		if text, ok := version.(string); ok {
			return e, ErrSpecVersion.With("specversion %.40q is not known; %s is", text, specVersion)
		}
		return e, ErrSpecVersion.With("specversion is missing; %s is taken", specVersion)
	}
	for _, required := range []string{"id", "source", "type"} {
		if attributes[required] == nil {
			return e, invalid(required, "is missing")
		}
	}
	var at string
	known := map[string]*string{
		"datacontenttype": &e.DataContentType, "dataschema": &e.DataSchema, "id": &e.ID, "source": &e.Source, "subject": &e.Subject, "time": &at, "type": &e.Type,
	}
	for name, value := range attributes {
		if !isName(name) {
			return e, ErrAttribute.With("%.40q is no name of an attribute: lower-case letters and digits are", name).Field(name)
		}
		into := known[name]
		switch {
		case name == "specversion":
		case into == nil:
			if e.Extensions == nil {
				e.Extensions = make(map[string]any)
			}
			e.Extensions[name] = value
		default:
			text, ok := value.(string)
			if !ok || text == "" {
				return e, invalid(name, "is not a text, or is empty")
			}
			*into = text
		}
	}
	return e, e.check(at)
}

// check judges the attributes whose types are more than text.
func (e *Event) check(at string) error {
	if _, err := url.Parse(e.Source); err != nil {
		return invalid("source", "is no URI reference: %.100q", e.Source)
	}
	if e.DataSchema != "" {
		if u, err := url.Parse(e.DataSchema); err != nil || !u.IsAbs() {
			return invalid("dataschema", "is no absolute URI: %.100q", e.DataSchema)
		}
	}
	if e.DataContentType != "" {
		if name, _, err := mime.ParseMediaType(e.DataContentType); err != nil || !strings.Contains(name, "/") {
			return invalid("datacontenttype", "is no media type: %.100q", e.DataContentType)
		}
	}
	if at != "" {
		var err error
		if e.Time, err = time.Parse(time.RFC3339Nano, strings.ToUpper(at)); err != nil { // T and Z may be small
			return invalid("time", "is no RFC 3339 time: %.60q", at)
		}
		if !e.Time.IsZero() && e.Time.Before(events.MinTime) { // the zero time of Go is what some senders say for none
			return invalid("time", "is before 1970, of which no event is kept: %.60q", at)
		}
	}
	return nil
}

// attribute reads the JSON of an attribute: text, boolean or a whole number of 32 bits. Null is nil: not there.
func attribute(name string, raw json.RawMessage) (any, error) {
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, invalid(name, "cannot be read")
	}
	switch value := value.(type) {
	case nil, string, bool:
		return value, nil
	case float64:
		if _, err := strconv.ParseInt(string(raw), 10, 32); err == nil {
			return json.Number(raw), nil
		}
	}
	return nil, invalid(name, "is neither text nor boolean nor a whole number")
}
