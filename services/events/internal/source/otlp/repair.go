package otlp

import (
	"bytes"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"devtrail.dev/services/events/internal/source"
)

// Exporters cut texts in the middle of a character, and one text that is none would refuse all records of a request for good. What follows puts U+FFFD where
// a text is no text; a body that is not mended by it is returned as it is.

// repairedJSON mends a body in JSON: half a surrogate pair is an escape that encoding/json takes and protojson does not.
func repairedJSON(body []byte) []byte {
	if source.Values(body) > 2*maxMessages { // also those that nobody asks for are read here
		return body
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil || decoder.More() {
		return body
	}
	mended, err := json.Marshal(object)
	if err != nil {
		return body
	}
	return mended
}

// repaired mends a message of a type, whose messages may nest so deep.
func repaired(body []byte, of protoreflect.MessageDescriptor, depth int) []byte {
	out := make([]byte, 0, len(body))
	for rest := body; len(rest) > 0; {
		number, typ, size := protowire.ConsumeTag(rest)
		if size < 0 {
			return body
		}
		length := protowire.ConsumeFieldValue(number, typ, rest[size:])
		if length < 0 {
			return body
		}
		tag, value := rest[:size], rest[size:size+length]
		rest = rest[size+length:]
		out = append(out, tag...)
		field := of.Fields().ByNumber(number)
		if field == nil || typ != protowire.BytesType {
			out = append(out, value...)
			continue
		}
		inner, _ := protowire.ConsumeBytes(value)
		switch {
		case field.Kind() == protoreflect.StringKind:
			inner = []byte(strings.ToValidUTF8(string(inner), "\uFFFD"))
		case field.Kind() == protoreflect.MessageKind && depth > 0:
			inner = repaired(inner, field.Message(), depth-1)
		}
		out = protowire.AppendBytes(out, inner)
	}
	return out
}
