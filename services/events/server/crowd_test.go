package server

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/lease"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
)

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

// numbered are the events of a batch.
func numbered(first int) []*eventsv1.Event {
	list := make([]*eventsv1.Event, batchSize)
	for i := range list {
		n := first + i
		list[i] = &eventsv1.Event{
			Id: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)).String(), Name: "test.numbered", OccurredAt: timestamppb.New(events.MinTime.AddDate(55, 0, n%700)),
			Packages: []string{"pkg:npm/left-pad@1.0.0"}, PropertiesJson: fmt.Sprintf(`{"n":%d}`, n), Source: &eventsv1.Source{Kind: eventsv1.SourceKind_SOURCE_KIND_SDK},
		}
	}
	return list
}

// send sends a batch once; true when all of it is acknowledged.
func (c *crowd) send(ctx context.Context, first int, ack eventsv1.AckLevel) bool {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	res, err := c.client.CaptureEvents(ctx, &eventsv1.CaptureEventsRequest{Ack: ack, Events: numbered(first)})
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
