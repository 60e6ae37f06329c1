package server

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/rpc"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// BenchmarkCapture measures events acknowledged a second through the door, with resolved actors, two callers at a time.
func BenchmarkCapture(b *testing.B) {
	for _, engine := range []string{storeClickHouse, storePostgres} {
		for _, size := range []int{1000, 5000} {
			b.Run(fmt.Sprintf("%s/%d", engine, size), func(b *testing.B) {
				cfg := Config{Store: engine}
				if engine == storeClickHouse {
					cfg.ClickHouseURL = dbtest.ClickHouse(b, eventsmigrations.ClickHouse())
				} else {
					cfg.PostgresURL = dbtest.Postgres(b, eventsmigrations.Postgres())
				}
				store, _, err := openStore(b.Context(), cfg, lease.New("events"), time.Now)
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, store.Close()) })
				capture(b, store, size)
			})
		}
	}
}

func capture(b *testing.B, store insight.Engine, size int) {
	_, identity := identitytest.Start(b)
	const token, callers = "ingest", 2
	conn := servetest.Start(b, "events", serve.Deps{Verifier: servetest.Verifier{
		token: {OrganizationID: "5d0c3a5e-0000-4000-8000-000000000001", Role: accessv1.Role_ROLE_INGEST, CredentialID: "1"},
	}}, rpc.New(store, identity, slog.New(slog.DiscardHandler), time.Now).Register)
	client := eventsv1.NewIngestServiceClient(conn)
	ctx := servetest.As(b.Context(), token)
	n := 0
	for b.Loop() {
		b.StopTimer()
		requests := make([]*eventsv1.CaptureEventsRequest, callers)
		for i := range requests {
			requests[i] = &eventsv1.CaptureEventsRequest{Events: make([]*eventsv1.Event, size)}
			for j := range size {
				requests[i].Events[j] = message(storetest.Commit(n))
				n++
			}
		}
		b.StartTimer()
		done := make(chan error, callers)
		for _, req := range requests {
			go func() {
				res, err := client.CaptureEvents(ctx, req)
				if status := res.GetResults(); err == nil && status[size-1].GetStatus() != eventsv1.CaptureStatus_CAPTURE_STATUS_STORED {
					err = fmt.Errorf("not stored: %v", status[size-1])
				}
				done <- err
			}()
		}
		for range requests {
			require.NoError(b, <-done)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

func message(e events.Event) *eventsv1.Event {
	return &eventsv1.Event{
		Id: e.ID.String(), Name: e.Name, OccurredAt: timestamppb.New(e.OccurredAt.AddDate(-3, 0, 0)), Project: e.Project, Packages: e.Packages, PropertiesJson: e.Properties,
		Actor:  &identityv1.Identity{Kind: identityv1.IdentityKind(e.Actor.Kind), Value: e.Actor.Value},
		Source: &eventsv1.Source{Kind: eventsv1.SourceKind(e.Source.Kind), Tool: e.Source.Tool, ToolVersion: e.Source.ToolVersion},
	}
}
