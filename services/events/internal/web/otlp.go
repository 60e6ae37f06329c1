package web

import (
	"context"
	"net/http"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source/otlp"
)

const (
	logsPath     = "/v1/logs"
	typeProtobuf = "application/x-protobuf"
)

// logsWay takes exports of OpenTelemetry logs.
var logsWay = way{packed: 4 << 20, unpacked: 16 << 20}

// logs is the HTTP form of LogsService.Export. Its errors are statuses in the encoding of the request, as the protocol wants them.
func (d *Door) logs(w http.ResponseWriter, r *http.Request) error {
	err := d.keyed(logsWay, d.export)(w, r)
	if err == nil {
		return nil
	}
	status, p := d.refuse(w, r, err)
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusInternalServerError: // exporters drop what is answered so, and send again on 429, 502, 503 and 504 alone
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	var code codes.Code
	if code.UnmarshalJSON([]byte(`"`+p.Code+`"`)) != nil {
		code = codes.Unknown
	}
	return d.encode(w, mediaType(r.Header.Get("Content-Type")), status, &statuspb.Status{Code: int32(code), Message: p.Message}) //nolint:gosec // there are 17 codes
}

func (d *Door) export(ctx context.Context, w http.ResponseWriter, l letter) error {
	var request *collectorv1.ExportLogsServiceRequest
	var err error
	switch l.contentType {
	case typeProtobuf:
		request, err = otlp.Unmarshal(l.body)
	case typeJSON:
		request, err = otlp.UnmarshalJSON(l.body)
	default:
		return formatUnknown(l.contentType, typeProtobuf+" or "+typeJSON)
	}
	if err != nil {
		return err
	}
	answer, err := otlp.Take(request, otlp.Sender{Credential: auth.MustCaller(ctx).CredentialID, Received: d.deps.Now()}, func(drafts []ingest.Draft) ([]ingest.Result, error) {
		return d.take(ctx, drafts)
	})
	if err != nil {
		return err
	}
	return d.encode(w, l.contentType, http.StatusOK, answer)
}

// encode answers with a message in the encoding of the request; JSON where that is not known.
func (d *Door) encode(w http.ResponseWriter, contentType string, status int, m proto.Message) error {
	marshal := protojson.Marshal
	if contentType == typeProtobuf {
		marshal = proto.Marshal
	} else {
		contentType = typeJSON
	}
	body, err := marshal(m)
	if err != nil {
		return err
	}
	write(w, status, contentType, body)
	return nil
}
