package rpc

import (
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events/internal/source/otlp"
)

var _ serve.Reader = (*logsBody)(nil)

// logsBody is a request that came by gRPC. It reads its own bytes, so that it is judged and mended as one that came by HTTP.
type logsBody struct {
	request *collectorv1.ExportLogsServiceRequest
	err     error
}

// ReadWire implements [serve.Reader]. What is wrong with the bytes is told by Contract, in the words that HTTP has for it.
func (b *logsBody) ReadWire(data mem.BufferSlice) error {
	b.request, b.err = otlp.Unmarshal(data.Materialize())
	return nil
}

// Contract implements [serve.Reader]. The contract is OpenTelemetry's and has no rules that could be checked.
func (b *logsBody) Contract() (proto.Message, error) { return nil, b.err }
