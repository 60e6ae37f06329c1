package rpc_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/protobuf/proto"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/rpc"
	"devtrail.dev/services/events/internal/source/otlp"
)

func TestACodingAgentExportsItsLogs(t *testing.T) {
	service, identity := identitytest.Start(t)
	store := memory.New(time.Now)
	now := func() time.Time { return noon }
	desk := rpc.New(store, identity, slog.New(slog.DiscardHandler), now)
	verifier := servetest.Verifier{
		"ingest":  auth.Caller{OrganizationID: acme, Role: accessv1.Role_ROLE_INGEST, CredentialID: "1"},
		"analyst": auth.Caller{OrganizationID: acme, Role: accessv1.Role_ROLE_ANALYST, CredentialID: "2"},
	}
	conn := servetest.Start(t, "events", serve.Deps{Foreign: rpc.LogsRules(), Verifier: verifier}, func(door grpc.ServiceRegistrar) {
		rpc.NewLogs(desk.Intake, now).Register(door)
	})
	client := collectorv1.NewLogsServiceClient(conn)
	body, err := os.ReadFile(filepath.Join("..", "source", "otlp", "testdata", "claude_code.json"))
	require.NoError(t, err)
	request, err := otlp.UnmarshalJSON(body)
	require.NoError(t, err)

	_, err = client.Export(servetest.As(t.Context(), "analyst"), request)
	require.ErrorIs(t, err, fault.Denied)
	_, err = client.Export(t.Context(), request)
	require.ErrorIs(t, err, fault.Unauthenticated)

	service.SetDown(true)
	_, err = client.Export(servetest.As(t.Context(), "ingest"), request)
	require.ErrorIs(t, err, fault.Unavailable)
	service.SetDown(false)

	for range 2 { // exported again it counts once
		answer, err := client.Export(servetest.As(t.Context(), "ingest"), request, grpc.UseCompressor(gzip.Name))
		require.NoError(t, err)
		require.Nil(t, answer.GetPartialSuccess())
	}
	list, err := store.List(t.Context(), uuid.MustParse(acme), events.ListQuery{Range: events.Range{Start: events.MinTime, End: events.MaxTime}, Limit: 100})
	require.NoError(t, err)
	require.Len(t, list, 9)

	// A text that is none does not take the others along, as over HTTP; what is no request is its sender's mistake.
	packed, err := proto.Marshal(request)
	require.NoError(t, err)
	send := func(body []byte) error {
		return conn.Invoke(servetest.As(t.Context(), "ingest"), collectorv1.LogsService_Export_FullMethodName, body, &collectorv1.ExportLogsServiceResponse{}, grpc.ForceCodec(bytesCodec{}))
	}
	require.NoError(t, send(bytes.ReplaceAll(packed, []byte("2.1.119"), []byte("2.1.1\xf0\x9f"))))
	list, err = store.List(t.Context(), uuid.MustParse(acme), events.ListQuery{Range: events.Range{Start: events.MinTime, End: events.MaxTime}, Limit: 100})
	require.NoError(t, err)
	require.Len(t, list, 18)
	require.ErrorIs(t, send([]byte{0x0a, 0x05, 0x01}), otlp.ErrBody)
	require.ErrorIs(t, send(bytes.Repeat([]byte{0x0a, 0}, otlp.MaxRecords+1)), otlp.ErrRecords)
}

// bytesCodec sends bytes as they are.
type bytesCodec struct{}

func (bytesCodec) Name() string                  { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error) { return v.([]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error {
	return proto.Unmarshal(data, v.(proto.Message))
}
