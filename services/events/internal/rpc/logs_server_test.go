package rpc_test

import (
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
}
