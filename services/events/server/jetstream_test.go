package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// brokering makes the child a NATS server with JetStream, for which envStore names its folder.
const (
	brokering = "broker"
	envStore  = "DEVTRAIL_TEST_BROKER_DIR"
)

// runBroker serves until it is killed.
func runBroker() {
	host, port, err := net.SplitHostPort(os.Getenv("EVENTS_ADDRESS"))
	if err == nil {
		options := server.Options{Host: host, JetStream: true, NoLog: true, NoSigs: true, StoreDir: os.Getenv(envStore), SyncAlways: true}
		if options.Port, err = strconv.Atoi(port); err == nil {
			var s *server.Server
			if s, err = server.NewServer(&options); err == nil {
				s.Start()
				s.WaitForShutdown()
			}
		}
	}
	fmt.Fprintln(os.Stderr, "broker:", err)
	os.Exit(1)
}

// either sends each request to one of several instances, as clients behind a load balancer do.
type either struct {
	eventsv1.IngestServiceClient
	instances []eventsv1.IngestServiceClient
	turn      *atomic.Int64
}

// CaptureEvents takes turns.
func (e either) CaptureEvents(ctx context.Context, in *eventsv1.CaptureEventsRequest, opts ...grpc.CallOption) (*eventsv1.CaptureEventsResponse, error) {
	return e.instances[int(e.turn.Add(1))%len(e.instances)].CaptureEvents(ctx, in, opts...)
}

// serving counts those that say that a service serves.
func serving(ctx context.Context, healths []healthpb.HealthClient, service string) (n int) {
	for _, health := range healths {
		answer, err := health.Check(ctx, &healthpb.HealthCheckRequest{Service: service})
		if err == nil && answer.GetStatus() == healthpb.HealthCheckResponse_SERVING {
			n++
		}
	}
	return n
}

// elsewhere counts the instances that say of each event that another takes events in, for which clients go on to that one at once.
func elsewhere(ctx context.Context, t *testing.T, instances []eventsv1.IngestServiceClient, list []*eventsv1.Event) (n int) {
	t.Helper()
	for _, instance := range instances {
		answer, err := instance.CaptureEvents(ctx, &eventsv1.CaptureEventsRequest{Events: list})
		if err != nil || answer.GetResults()[0].GetReason() != "QUEUE_ELSEWHERE" {
			continue
		}
		n++
		for _, r := range answer.GetResults() {
			assert.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY, r.GetStatus())
			assert.Equal(t, "QUEUE_ELSEWHERE", r.GetReason())
			assert.Empty(t, r.GetMessage(), "which host that is concerns nobody outside")
			assert.Positive(t, r.GetRetryAfter().AsDuration())
		}
	}
	return n
}

// TestTwoInstancesOnOneBroker kills the instances of the service and the broker between them, while clients send to either instance, some of it again.
// What was acknowledged is in the store, and nothing is there twice, whichever instance was asked first and whichever drained it. An instance that finds that the
// other took the log over ends by itself, and is started again.
func TestTwoInstancesOnOneBroker(t *testing.T) {
	for _, engine := range []string{storeClickHouse, storePostgres} {
		t.Run(engine, func(t *testing.T) {
			address := map[string]func() string{
				storeClickHouse: func() string { return dbtest.ClickHouse(t, eventsmigrations.ClickHouse()) },
				storePostgres:   func() string { return dbtest.Postgres(t, eventsmigrations.Postgres()) },
			}[engine]()
			broker := &child{t: t, how: brokering, settings: map[string]string{"EVENTS_ADDRESS": servetest.FreeAddress(t), envStore: t.TempDir()}}
			broker.start()
			key := auth.NewToken(auth.PrefixOperator)
			service := auth.NewToken(auth.PrefixService)
			var instances []*child
			var clients []eventsv1.IngestServiceClient
			var healths []healthpb.HealthClient
			for range 2 {
				c := &child{t: t, how: counting, kept: true, settings: map[string]string{
					"DEVTRAIL_OPERATOR_KEY": key, "DEVTRAIL_SERVICE_KEY": service, "EVENTS_ADDRESS": servetest.FreeAddress(t), "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0",
					"EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": servetest.FreeAddress(t), "EVENTS_STORE": engine, "EVENTS_CLICKHOUSE_URL": address,
					"EVENTS_POSTGRES_URL": address, "EVENTS_QUEUE": queueJetStream, "EVENTS_NATS_URL": "nats://" + broker.settings["EVENTS_ADDRESS"],
					"EVENTS_NATS_REPLICAS": "1", "EVENTS_NATS_LEASE": "1s",
				}}
				c.start()
				instances = append(instances, c)
				conn, err := dial.New(c.settings["EVENTS_ADDRESS"], dial.Options{Token: key})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, conn.Close()) })
				clients, healths = append(clients, eventsv1.NewIngestServiceClient(conn)), append(healths, healthpb.NewHealthClient(conn))
			}
			crowd := &crowd{client: either{instances: clients, turn: new(atomic.Int64)}}
			ctx, stop := context.WithCancel(dial.WithOrganization(t.Context(), organization))
			defer stop()
			crowd.begin(ctx)
			for _, victims := range [][]*child{{instances[0]}, {broker}, {instances[1]}, {instances[0], broker}, {instances[1], instances[0]}, {broker}} {
				before := crowd.confirmed.Load()
				require.Eventually(t, func() bool { return crowd.confirmed.Load() > before+int64(20+rand.IntN(200)) }, 60*time.Second, time.Millisecond)
				for _, v := range victims {
					v.kill()
				}
				for _, v := range victims {
					v.start()
				}
			}
			crowd.end()
			last := int(crowd.next.Add(batchSize))
			require.Eventually(t, func() bool { return crowd.send(ctx, last, eventsv1.AckLevel_ACK_LEVEL_STORED) }, 60*time.Second, 10*time.Millisecond)
			require.Eventually(t, func() bool { return elsewhere(ctx, t, clients, numbered(last)) == 1 }, 60*time.Second, 10*time.Millisecond)
			for service, n := range map[string]int{ // both answer questions; one takes events in, which a balancer is told
				eventsv1.EventService_ServiceDesc.ServiceName: 2, eventsv1.IngestService_ServiceDesc.ServiceName: 1,
			} {
				require.Eventually(t, func() bool { return serving(ctx, healths, service) == n }, 60*time.Second, 10*time.Millisecond, service)
			}
			acked, kept := crowd.acked(), stored(t, engine, address)
			require.Greater(t, len(acked), 100, "the run must have sent something")
			for n := range acked {
				require.Equal(t, 1, kept[n], "event %d", n)
			}
			for n, times := range kept {
				require.Equal(t, 1, times, "event %d, acknowledged or not", n)
			}
		})
	}
}
