package seed_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/cmd/devtrail/internal/seed"
	"devtrail.dev/kit/pause"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// starving stores every batch at once but that of an event, which it has wait until a time.
type starving struct {
	eventsv1.IngestServiceClient // what seeding does not call

	event *eventsv1.Event
	until time.Time
}

func (s starving) CaptureEvents(_ context.Context, r *eventsv1.CaptureEventsRequest, _ ...grpc.CallOption) (*eventsv1.CaptureEventsResponse, error) {
	status := eventsv1.CaptureStatus_CAPTURE_STATUS_STORED
	if r.GetEvents()[0] == s.event && time.Now().Before(s.until) {
		status = eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY
	}
	response := &eventsv1.CaptureEventsResponse{}
	for range r.GetEvents() {
		response.Results = append(response.Results, &eventsv1.CaptureResult{Status: status})
	}
	return response, nil
}

func TestABatchWaitsWhileOthersAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const batches, size = 20, 2000
		first := &eventsv1.Event{}
		service := starving{event: first, until: time.Now().Add(5 * time.Minute)}
		var counts seed.Counts
		err := seed.Send(t.Context(), service, func(yield func(*eventsv1.Event) bool) {
			for n := range batches * size {
				event := first
				if n > 0 {
					event = &eventsv1.Event{}
				}
				if n%size == 0 && pause.For(t.Context(), 30*time.Second) != nil || !yield(event) {
					return
				}
			}
		}, time.Now, nil, &counts)
		require.NoError(t, err)
		require.EqualValues(t, batches*size, counts.Stored.Load())
	})
}
