package insight

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"time"

	"devtrail.dev/services/events"
)

// Properties is a properties object taken apart: each key with the canonical JSON of its value. Only keys of the object itself are properties,
// not those of objects within it. The nil Properties are those of nobody.
type Properties map[string]json.RawMessage

// ParseProperties takes a canonical JSON object apart. What is no object has no properties.
func ParseProperties(object string) Properties {
	var p Properties
	if json.Unmarshal([]byte(object), &p) != nil {
		return nil
	}
	return p
}

// Set tells whether the key is there, with whatever value: null and the empty text are set.
func (p Properties) Set(key string) bool {
	_, set := p[key]
	return set
}

// Text returns the text form of a property; ok is false when it has no value: the key is absent or holds null.
func (p Properties) Text(key string) (text string, ok bool) {
	raw, set := p[key]
	if !set || string(raw) == "null" {
		return "", false
	}
	return textForm(raw), true
}

// Number returns the number form of a property; ok is false when it has none.
func (p Properties) Number(key string) (number float64, ok bool) {
	raw := p[key]
	if len(raw) == 0 || raw[0] != '-' && raw[0] != '"' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	return ParseNumber(textForm(raw))
}

// Part returns a property as a part of a breakdown.
func (p Properties) Part(key string) Part {
	text, ok := p.Text(key)
	return Part{Text: text, Missing: !ok}
}

// textForm returns the text form of a canonical JSON value: a string as it is, everything else as its JSON, which is canonical already.
func textForm(raw json.RawMessage) string {
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// NumberPattern is what a text looks like that has a number form: a decimal number from end to end.
const NumberPattern = `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`

var numberForm = regexp.MustCompile(NumberPattern)

// ParseNumber returns the number form of a text: the nearest float64. A number beyond the greatest float64 has none; one nearer to zero than the least is 0.
func ParseNumber(text string) (number float64, ok bool) {
	if !numberForm.MatchString(text) {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil && !math.IsInf(number, 0)
}

// TimePattern is what a text looks like that has a time form: RFC 3339 with an offset; seconds are below 60.
const TimePattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`

var timeForm = regexp.MustCompile(TimePattern)

// ParseTime returns the time form of a text, cut to microseconds. A day that its month does not have has none.
func ParseTime(text string) (at time.Time, ok bool) {
	if !timeForm.MatchString(text) {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return events.Microseconds(at), err == nil
}

// CanonicalValue returns the text form of a JSON value that somebody asks about: 2.0 is "2", {"b": 1, "a": 2} is {"a":2,"b":1}; null has none.
func CanonicalValue(value string) (text string, ok bool) {
	object, err := events.CanonicalObject(`{"v":` + value + `}`)
	p := ParseProperties(object)
	if err != nil || len(p) != 1 { // more than one key: what was given is more than a value
		return "", false
	}
	return p.Text("v")
}
