package otlp

import (
	"encoding/json"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"devtrail.dev/services/events/internal/source"
)

// Resources, scopes and records are counted before a request is read: an empty one of two bytes takes a hundred when it is. Of what is no request the counting
// says anything, for the reading refuses it.

// tooMany is the error of a request with so many of something.
func tooMany(n int, of string) error {
	if n > MaxRecords {
		return ErrRecords.With("the request has %d %s, at most %d are taken", n, of, MaxRecords)
	}
	return nil
}

// maxMessages is how many messages a request may have in all, those of attributes and of values too: one of two bytes takes a hundred when it is read. Where names
// and values are any text, a request that is as long as one may be has fewer.
const maxMessages = 1 << 20

// tooFull is the error of a request with so many messages.
func tooFull(n int) error {
	if n > maxMessages {
		return ErrRecords.With("the request has more than %d attributes and values, which is what is taken at once: send them in several requests", maxMessages)
	}
	return nil
}

// levels are what a request nests, from the outside, with the number of the field that holds it.
var levels = []struct {
	name  string
	field protowire.Number
}{{"resources", 1}, {"scopes", 2}, {"records", 2}}

// countWire counts in the protobuf encoding.
func countWire(body []byte) error {
	counts := make([]int, len(levels))
	countLevel(body, counts)
	for i, n := range counts {
		if err := tooMany(n, levels[i].name); err != nil {
			return err
		}
	}
	if len(body) < 2*maxMessages { // as most: it has no room for so many
		return nil
	}
	return tooFull(messages(body, (*collectorv1.ExportLogsServiceRequest)(nil).ProtoReflect().Descriptor(), maxNesting))
}

// messages is how many messages a message of a type has in it, as far as they are too many.
func messages(body []byte, of protoreflect.MessageDescriptor, depth int) (n int) {
	for rest := body; len(rest) > 0 && n <= maxMessages; {
		number, typ, size := protowire.ConsumeTag(rest)
		if size < 0 {
			return n
		}
		length := protowire.ConsumeFieldValue(number, typ, rest[size:])
		if length < 0 {
			return n
		}
		if field := of.Fields().ByNumber(number); field != nil && field.Kind() == protoreflect.MessageKind && typ == protowire.BytesType && depth > 0 {
			inner, _ := protowire.ConsumeBytes(rest[size : size+length])
			n += 1 + messages(inner, field.Message(), depth-1)
		}
		rest = rest[size+length:]
	}
	return n
}

// countLevel adds what a message holds to the counts, which are those of its levels alone.
func countLevel(message []byte, counts []int) {
	if len(counts) == 0 {
		return
	}
	field := levels[len(levels)-len(counts)].field
	for rest := message; len(rest) > 0; {
		number, typ, size := protowire.ConsumeTag(rest)
		if size < 0 {
			return
		}
		length := protowire.ConsumeFieldValue(number, typ, rest[size:])
		if length < 0 {
			return
		}
		if number == field && typ == protowire.BytesType {
			counts[0]++
			inner, _ := protowire.ConsumeBytes(rest[size : size+length])
			countLevel(inner, counts[1:])
		}
		rest = rest[size+length:]
	}
}

// elements is how many elements an array of JSON has.
type elements int

// UnmarshalJSON implements json.Unmarshaler.
func (e *elements) UnmarshalJSON(array []byte) error {
	*e = elements(source.Elements(array))
	return nil
}

// The levels in JSON, each with both names of its field. M is what stands in the level.
type (
	resourcesOf[M any] struct {
		ResourceLogs M `json:"resourceLogs"`
		Underscored  M `json:"resource_logs"`
	}
	scopesOf[M any] struct {
		ScopeLogs   M `json:"scopeLogs"`
		Underscored M `json:"scope_logs"`
	}
	recordsOf struct {
		LogRecords  elements `json:"logRecords"`
		Underscored elements `json:"log_records"`
	}
)

// countJSON counts in the JSON encoding, a level at a time, so that no level is read before it is known to be small.
func countJSON(body []byte) error {
	var resources resourcesOf[elements]
	_ = json.Unmarshal(body, &resources)
	if err := tooMany(int(resources.ResourceLogs+resources.Underscored), "resources"); err != nil {
		return err
	}
	var n elements
	var scopes resourcesOf[[]scopesOf[elements]]
	_ = json.Unmarshal(body, &scopes)
	for _, list := range [][]scopesOf[elements]{scopes.ResourceLogs, scopes.Underscored} {
		for _, s := range list {
			n += s.ScopeLogs + s.Underscored
		}
	}
	if err := tooMany(int(n), "scopes"); err != nil {
		return err
	}
	n = 0
	var records resourcesOf[[]scopesOf[[]recordsOf]]
	_ = json.Unmarshal(body, &records)
	for _, list := range [][]scopesOf[[]recordsOf]{records.ResourceLogs, records.Underscored} {
		for _, s := range list {
			for _, r := range append(s.ScopeLogs, s.Underscored...) {
				n += r.LogRecords + r.Underscored
			}
		}
	}
	if err := tooMany(int(n), "records"); err != nil {
		return err
	}
	return tooFull(source.Objects(body))
}
