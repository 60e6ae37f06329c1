package cloudevents

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"devtrail.dev/services/events/internal/source"
)

// MaxBatch is how many events a batch may have.
const MaxBatch = 1000

// maxMembers is how many members an event may have: its attributes and its data. Events have some ten; each takes hundreds of bytes when it is read.
const maxMembers = 200

// The media types of the JSON formats.
const (
	TypeEvent = "application/cloudevents+json"
	TypeBatch = "application/cloudevents-batch+json"
)

// Structured reads one event in the JSON format.
func Structured(body []byte) (Event, error) {
	if n := source.Members(body); n > maxMembers {
		return Event{}, ErrFormat.With("the event has %d attributes, at most %d are taken", n, maxMembers)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return Event{}, ErrFormat.With("the body is not a JSON object")
	}
	data, binary := present(members, "data"), present(members, "data_base64")
	delete(members, "data")
	delete(members, "data_base64")
	attributes := make(map[string]any, len(members))
	for name, raw := range members {
		value, err := attribute(name, raw)
		if err != nil {
			return Event{}, err
		}
		if value != nil {
			attributes[name] = value
		}
	}
	e, err := build(attributes)
	switch {
	case err != nil:
		return Event{}, err
	case data != nil && binary != nil:
		return Event{}, ErrData.With("data and data_base64 are both there")
	case binary != nil:
		var text string
		if json.Unmarshal(binary, &text) != nil || !isBase64(text) {
			return Event{}, ErrData.With("data_base64 is not base64").Field("data_base64")
		}
		e.Data, e.Base64 = binary, true
	default:
		e.Data = data
	}
	return e.decoded(), nil
}

// present is a member that is there and not null.
func present(members map[string]json.RawMessage, name string) json.RawMessage {
	raw := members[name]
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

// decoded unpacks bytes that are JSON by their type, so that an event reads alike however it was sent.
func (e Event) decoded() Event {
	if !e.Base64 || !isJSON(e.DataContentType) {
		return e
	}
	var text string
	if json.Unmarshal(e.Data, &text) != nil {
		return e
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && json.Valid(raw) {
		e.Data, e.Base64 = raw, false
	}
	return e
}

// Batch reads events in the JSON batch format. One that is not valid stands at its place with its error, so that the others pass.
func Batch(body []byte) ([]Event, error) {
	if n := source.Elements(body); n > MaxBatch {
		return nil, ErrFormat.With("the batch has %d events, at most %d are taken", n, MaxBatch)
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(body, &raws); err != nil || raws == nil {
		return nil, ErrFormat.With("the body is not a JSON array")
	}
	list := make([]Event, len(raws))
	for i, raw := range raws {
		e, err := Structured(raw)
		if err != nil {
			e = Event{Err: err}
		}
		list[i] = e
	}
	return list, nil
}

// prefix of the headers that carry attributes.
const prefix = "ce-"

// IsBinary tells whether headers carry an event in the binary mode.
func IsBinary(headers map[string][]string) bool {
	for name := range headers {
		if strings.HasPrefix(strings.ToLower(name), prefix) {
			return true
		}
	}
	return false
}

// IsHeader tells whether a header, in lower case, carries an attribute in the binary mode.
func IsHeader(name string) bool {
	attribute, ok := strings.CutPrefix(name, prefix)
	return ok && isName(attribute)
}

// Binary reads one event whose attributes are headers and whose data is the body.
func Binary(headers map[string][]string, body []byte) (Event, error) {
	attributes := make(map[string]any)
	for name, values := range headers {
		name = strings.ToLower(name)
		attribute, ok := strings.CutPrefix(name, prefix)
		switch {
		case name == "content-type" && len(values) > 0:
			attributes["datacontenttype"] = strings.ToValidUTF8(values[0], "?")
		case !ok:
		case attribute == "datacontenttype":
			return Event{}, invalid(attribute, "is told by the header Content-Type in the binary mode")
		case len(values) != 1:
			return Event{}, invalid(attribute, "comes %d times", len(values))
		default:
			text, err := headerText(values[0])
			if err != nil {
				return Event{}, invalid(attribute, "is badly encoded")
			}
			attributes[attribute] = text
		}
	}
	e, err := build(attributes)
	if err != nil || len(body) == 0 {
		return e, err
	}
	return e.withData(body)
}

// withData takes a body as what its type says.
func (e Event) withData(body []byte) (Event, error) {
	var value any
	switch {
	case e.DataContentType == "" && !json.Valid(body): // only in the JSON format data without a type is JSON
		value, e.Base64 = body, true
	case isJSON(e.DataContentType):
		if !json.Valid(body) {
			return e, ErrData.With("the body is not JSON, though its type is %.60q", e.DataContentType)
		}
		e.Data = bytes.Clone(body)
		return e, nil
	case strings.HasPrefix(e.DataContentType, "text/") && utf8.Valid(body):
		value = string(body)
	default:
		value, e.Base64 = body, true // encoding/json writes bytes in base64
	}
	var err error
	e.Data, err = json.Marshal(value)
	return e, err
}

// isJSON tells whether data of a type is JSON. Without a type it is, by the JSON format.
func isJSON(contentType string) bool {
	name, _, err := mime.ParseMediaType(contentType)
	return contentType == "" || err == nil && (strings.HasSuffix(name, "/json") || strings.HasSuffix(name, "+json"))
}

// unescaped is what stands between double quotes: a backslash stands before what is meant, whatever that is (RFC 9110, section 5.6.4).
func unescaped(quoted string) string {
	var text strings.Builder
	for i := 0; i < len(quoted); i++ {
		if quoted[i] == '\\' && i+1 < len(quoted) {
			i++
		}
		text.WriteByte(quoted[i])
	}
	return text.String()
}

// headerText undoes the encoding of header values: percent-encoded UTF-8, perhaps in double quotes.
func headerText(value string) (string, error) {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = unescaped(value[1 : len(value)-1])
	}
	if !utf8.ValidString(value) {
		return "", ErrFormat
	}
	if !strings.Contains(value, "%") {
		return value, nil
	}
	out := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		if value[i] != '%' {
			out = append(out, value[i])
			continue
		}
		if i+2 >= len(value) {
			return "", ErrFormat
		}
		n, err := strconv.ParseUint(value[i+1:i+3], 16, 8)
		if err != nil {
			return "", err
		}
		out, i = append(out, byte(n)), i+2
	}
	if !utf8.Valid(out) {
		return "", ErrFormat
	}
	return string(out), nil
}
