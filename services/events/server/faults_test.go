package server

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	neturl "net/url"
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
	"devtrail.dev/kit/lease"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

const organization = "5d0c3a5e-0000-4000-8000-000000000001"

// faults is how many faults a run meets; with a longer list of them the test is the torture of a release.
const faults = 10

// TestFaults kills the service, stops its database and breaks connections while clients send everything, some of it again, until it is acknowledged.
// Nothing that was acknowledged may be missing, and nothing may be there twice; a service that cannot count must be found out by the same run.
func TestFaults(t *testing.T) {
	for _, engine := range []string{storeClickHouse, storePostgres} {
		t.Run(engine, func(t *testing.T) {
			acked, kept := torture(t, engine, counting)
			require.Greater(t, len(acked), 100, "the run must have sent something")
			for n := range acked {
				require.Equal(t, 1, kept[n], "event %d", n)
			}
			for n, times := range kept {
				require.Equal(t, 1, times, "event %d, acknowledged or not", n)
			}
		})
	}
	t.Run("a service that cannot count", func(t *testing.T) {
		acked, kept := torture(t, storePostgres, blindfold)
		twice := 0
		for n := range acked {
			require.Positive(t, kept[n], "event %d", n)
			if kept[n] > 1 {
				twice++
			}
		}
		require.Positive(t, twice, "the run must find duplicates where nobody looks for them")
	})
}

// torture returns which events were acknowledged, and how often each is in the store.
func torture(t *testing.T, engine, how string) (acked map[int]bool, kept map[int]int) {
	t.Helper()
	url := map[string]func() string{
		storeClickHouse: func() string { return dbtest.ClickHouse(t, eventsmigrations.ClickHouse()) },
		storePostgres:   func() string { return dbtest.Postgres(t, eventsmigrations.Postgres()) },
	}[engine]()
	away, err := neturl.Parse(url)
	require.NoError(t, err)
	through := startRelay(t, away.Host)
	away.Host = through.listener.Addr().String()
	key := auth.NewToken(auth.PrefixOperator)
	c := &child{t: t, how: how, settings: map[string]string{
		"DEVTRAIL_OPERATOR_KEY": key, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService),
		"EVENTS_ADDRESS": freeAddress(t), "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0", "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": freeAddress(t),
		"EVENTS_QUEUE_DIR": filepath.Join(t.TempDir(), "queue"), "EVENTS_STORE": engine,
		"EVENTS_CLICKHOUSE_URL": away.String(), "EVENTS_POSTGRES_URL": away.String(),
	}}
	if how == blindfold {
		c.settings["EVENTS_DEDUPE_HORIZON"] = "0s"
	}
	c.start()
	t.Cleanup(c.kill)
	conn, err := dial.New(c.settings["EVENTS_ADDRESS"], dial.Options{Token: key})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	crowd := &crowd{client: eventsv1.NewIngestServiceClient(conn)}
	ctx, stop := context.WithCancel(dial.WithOrganization(t.Context(), organization))
	defer stop()
	crowd.begin(ctx)
	misfortune(c, through, crowd)
	through.resume()
	crowd.end()
	require.True(t, crowd.send(ctx, int(crowd.next.Add(1)), eventsv1.AckLevel_ACK_LEVEL_STORED), "the last one waits for all before it")
	return crowd.acked(), stored(t, engine, url)
}

// misfortune lets things go wrong, one after the other, and some events through in between.
func misfortune(c *child, through *relay, crowd *crowd) {
	for n := range faults {
		before := crowd.confirmed.Load()
		require.Eventually(c.t, func() bool { return crowd.confirmed.Load() > before+int64(20+rand.IntN(200)) }, 60*time.Second, time.Millisecond)
		switch n % 4 {
		case 0, 2:
			c.kill()
			c.start()
		case 1:
			through.stall()
		case 3:
			through.cut()
			through.resume()
		}
	}
}

// crowd is clients that send numbered events until they are acknowledged, and some that were acknowledged again.
type crowd struct {
	client    eventsv1.IngestServiceClient
	next      atomic.Int64
	confirmed atomic.Int64
	ending    atomic.Bool
	working   sync.WaitGroup
	done      sync.Map // number -> true
}

func (c *crowd) begin(ctx context.Context) {
	for range 4 {
		c.working.Go(func() {
			for !c.ending.Load() && ctx.Err() == nil {
				n := int(c.next.Add(batchSize))
				for !c.send(ctx, n, eventsv1.AckLevel_ACK_LEVEL_DURABLE) && ctx.Err() == nil {
					<-time.After(10 * time.Millisecond)
				}
				if rand.IntN(3) == 0 { // a client that did not hear the answer
					c.send(ctx, n, eventsv1.AckLevel_ACK_LEVEL_DURABLE)
				}
			}
		})
	}
}

func (c *crowd) end() {
	c.ending.Store(true)
	c.working.Wait()
}

func (c *crowd) acked() map[int]bool {
	all := map[int]bool{}
	c.done.Range(func(n, _ any) bool {
		all[n.(int)] = true
		return true
	})
	return all
}

// batchSize is how many events a batch has.
const batchSize = 20

// send sends a batch once; true when all of it is acknowledged.
func (c *crowd) send(ctx context.Context, first int, ack eventsv1.AckLevel) bool {
	req := &eventsv1.CaptureEventsRequest{Ack: ack}
	for n := first; n < first+batchSize; n++ {
		req.Events = append(req.Events, &eventsv1.Event{
			Id: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)).String(), Name: "test.numbered", OccurredAt: timestamppb.New(events.MinTime.AddDate(55, 0, n%700)),
			Packages: []string{"pkg:npm/left-pad@1.0.0"}, PropertiesJson: fmt.Sprintf(`{"n":%d}`, n), Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK},
		})
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	res, err := c.client.CaptureEvents(ctx, req)
	if err != nil {
		return false
	}
	all := true
	for i, r := range res.GetResults() {
		switch r.GetStatus() {
		case eventsv1.CaptureStatus_CAPTURE_STATUS_STORED, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE:
			if _, again := c.done.LoadOrStore(first+i, true); !again {
				c.confirmed.Add(1)
			}
		default:
			all = false
		}
	}
	return all
}

// stored counts each number in the store, past the relay, and sees that the packages are those of the events.
func stored(t *testing.T, engine, url string) map[int]int {
	t.Helper()
	store, _, err := openStore(t.Context(), Config{ClickHouseURL: url, PostgresURL: url, Query: events.DefaultQueryLimits(), Store: engine}, lease.New("events-test"), time.Now)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	org := uuid.MustParse(organization)
	list, err := store.List(t.Context(), org, events.ListQuery{Limit: 1 << 20, Range: events.AllTime})
	require.NoError(t, err)
	count := map[int]int{}
	for _, e := range list {
		var p struct{ N int }
		require.NoError(t, json.Unmarshal([]byte(e.Properties), &p))
		count[p.N]++
	}
	exposure, err := store.Exposure(t.Context(), org, events.ExposureQuery{Limit: 10, Package: "pkg:npm/left-pad", Range: events.AllTime})
	require.NoError(t, err)
	require.EqualValues(t, len(list), exposure.Sighting.Count)
	return count
}

// listening tells whether somebody takes connections at an address.
func listening(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
