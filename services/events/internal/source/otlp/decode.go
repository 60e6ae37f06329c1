package otlp

import (
	"encoding/base64"
	"encoding/hex"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/fault"
)

// MaxRecords is how many records a request may have, and how many resources and scopes: a collector sends 8,192 by default, or what it is given at once if that is more.
const MaxRecords = 20_000

// maxNesting is how deep messages of a request may nest, and maxRepaired how deep they are mended: a record is the fourth, and a value in a value three more.
const (
	maxNesting  = 100
	maxRepaired = 4 + 3*maxValueNested
)

var (
	// ErrBody says that the body is no request to export logs.
	ErrBody = fault.New(fault.Invalid, "OTLP_INVALID", "the body is not an ExportLogsServiceRequest")
	// ErrRecords says that a request has too many records.
	ErrRecords = fault.New(fault.Invalid, "OTLP_TOO_LARGE", "the request has too many records").Field("resource_logs")
)

// Unmarshal reads a request in the protobuf encoding.
func Unmarshal(body []byte) (*collectorv1.ExportLogsServiceRequest, error) {
	if err := countWire(body); err != nil {
		return nil, err
	}
	var request collectorv1.ExportLogsServiceRequest
	reading := proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: maxNesting}
	if reading.Unmarshal(body, &request) != nil {
		if err := reading.Unmarshal(repaired(body, request.ProtoReflect().Descriptor(), maxRepaired), &request); err != nil {
			return nil, ErrBody.Wrap(err)
		}
	}
	return &request, nil
}

// UnmarshalJSON reads a request in the JSON encoding of OTLP, which is that of protobuf with the ids in hexadecimal.
func UnmarshalJSON(body []byte) (*collectorv1.ExportLogsServiceRequest, error) {
	if err := countJSON(body); err != nil {
		return nil, err
	}
	var request collectorv1.ExportLogsServiceRequest
	reading := protojson.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: maxNesting}
	if reading.Unmarshal(body, &request) != nil {
		if err := reading.Unmarshal(repairedJSON(body), &request); err != nil {
			return nil, ErrBody.With("the body is not an ExportLogsServiceRequest in JSON: %.200s", err.Error())
		}
	}
	for _, resource := range request.GetResourceLogs() {
		for _, scope := range resource.GetScopeLogs() {
			for _, record := range scope.GetLogRecords() {
				record.TraceId, record.SpanId = fromHex(record.GetTraceId()), fromHex(record.GetSpanId())
			}
		}
	}
	return &request, nil
}

// fromHex undoes the reading of hexadecimal digits as base64, which they always are too.
func fromHex(read []byte) []byte {
	id, err := hex.DecodeString(base64.StdEncoding.EncodeToString(read))
	if err != nil {
		return read
	}
	return id
}
