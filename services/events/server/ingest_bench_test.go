package server

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// How long each side is measured in a round, how many callers there are and how many events a request has.
const (
	benchLength  = 3 * time.Second
	benchCallers = 32
	benchBatch   = 100
)

// BenchmarkIngest measures lean events acknowledged a second by the service in a process of its own, with authentication, validation, limits and
// dedupe, as a ratio to what a bare client inserts into a table like that of the events on the same server in the same run. acked/ceiling is what is
// acknowledged DURABLE while the drain works beside it; stored/ceiling is the same events by the time the last of them is in the database.
func BenchmarkIngest(b *testing.B) {
	address := dbtest.ClickHouse(b, eventsmigrations.ClickHouse())
	key := auth.NewToken(auth.PrefixOperator)
	c := &child{t: b, how: counting, settings: map[string]string{
		"DEVTRAIL_OPERATOR_KEY": key, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService),
		"EVENTS_ADDRESS": freeAddress(b), "EVENTS_DEBUG_ADDRESS": "", "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": freeAddress(b),
		"EVENTS_QUEUE_DIR": filepath.Join(b.TempDir(), "queue"), "EVENTS_STORE": storeClickHouse, "EVENTS_CLICKHOUSE_URL": address,
	}}
	c.start()
	b.Cleanup(c.kill)
	conn, err := dial.New(c.settings["EVENTS_ADDRESS"], dial.Options{Token: key})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, conn.Close()) })
	client := eventsv1.NewIngestServiceClient(conn)
	var most, acked, kept float64
	rounds := 0.0
	for b.Loop() {
		most += ceiling(b, address, benchLength)
		a, k := served(b, client)
		acked, kept, rounds = acked+a, kept+k, rounds+1
	}
	b.ReportMetric(acked/most, "acked/ceiling")
	b.ReportMetric(kept/most, "stored/ceiling")
	b.ReportMetric(acked/rounds, "acked/s")
	b.ReportMetric(kept/rounds, "stored/s")
	b.ReportMetric(most/rounds, "ceiling/s")
}

// served returns the events a second that were acknowledged, and that were in the database when the last one was.
func served(b *testing.B, client eventsv1.IngestServiceClient) (acked, kept float64) {
	b.Helper()
	ctx := dial.WithOrganization(context.WithoutCancel(b.Context()), organization)
	var count atomic.Int64
	var working sync.WaitGroup
	start := time.Now()
	for range benchCallers {
		working.Go(func() {
			for time.Since(start) < benchLength {
				if _, err := client.CaptureEvents(ctx, request(eventsv1.AckLevel_ACK_LEVEL_DURABLE)); err != nil {
					b.Errorf("capture: %v", err)
					return
				}
				count.Add(benchBatch)
			}
		})
	}
	working.Wait()
	acked = float64(count.Load()) / time.Since(start).Seconds()
	patient, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	_, err := client.CaptureEvents(patient, request(eventsv1.AckLevel_ACK_LEVEL_STORED))
	require.NoError(b, err)
	return acked, float64(count.Load()) / time.Since(start).Seconds()
}

// request is a batch of lean events.
func request(ack eventsv1.AckLevel) *eventsv1.CaptureEventsRequest {
	req := &eventsv1.CaptureEventsRequest{Ack: ack, Events: make([]*eventsv1.Event, benchBatch)}
	now := timestamppb.Now()
	for i := range req.Events {
		e := lean(i)
		req.Events[i] = &eventsv1.Event{
			Id: uuid.NewString(), Name: e.Name, OccurredAt: now, Packages: e.Packages, Project: e.Project, PropertiesJson: e.Properties, SessionId: e.SessionID,
			Source: &eventsv1.Source{Kind: eventsv1.SourceKind(e.Source.Kind), Tool: e.Source.Tool},
		}
	}
	return req
}
