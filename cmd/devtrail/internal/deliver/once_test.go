package deliver_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// forgetful keeps an event without saying so, and says that it has it when it is sent again.
type forgetful struct {
	eventsv1.UnimplementedIngestServiceServer

	lost  *fault.Fault
	calls atomic.Int32
}

func (f *forgetful) CaptureEvents(context.Context, *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
	if f.calls.Add(1) == 1 {
		return nil, fault.ToStatus(f.lost, "test").Err()
	}
	return &eventsv1.CaptureEventsResponse{Results: []*eventsv1.CaptureResult{{Status: eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE}}}, nil
}

// client is one of a server that refuses the first connections.
func client(t *testing.T, server eventsv1.IngestServiceServer, refusals int32) eventsv1.IngestServiceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	s := grpc.NewServer()
	eventsv1.RegisterIngestServiceServer(s, server)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	var connects atomic.Int32
	conn, err := dial.New("passthrough:bufconn", dial.Options{Dial: []grpc.DialOption{grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		if connects.Add(1) <= refusals {
			return nil, errors.New("connection refused")
		}
		return listener.DialContext(ctx)
	})}})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		s.Stop()
		require.NoError(t, <-served)
	})
	return eventsv1.NewIngestServiceClient(conn)
}

// A second attempt, be it gRPC's, would be answered DUPLICATE for what the first one left.
func TestWhatMayHaveComeToTheServiceIsNotSentASecondTime(t *testing.T) {
	for _, lost := range []*fault.Fault{fault.New(fault.Unavailable, "AWAY", "away"), fault.New(fault.Internal, "", "")} {
		server := &forgetful{lost: lost}
		result, err := deliver.Once(t.Context(), client(t, server, 0), &eventsv1.Event{Id: "a"}, deliver.NewPatience(0, time.Now, nil).Retry())
		require.NoError(t, err)
		require.Nil(t, result)
		require.EqualValues(t, 1, server.calls.Load())
	}
}

func TestWhatDidNotComeToTheServiceIsSentAgain(t *testing.T) {
	server := &forgetful{lost: fault.New(fault.Exhausted, "QUOTA_EXCEEDED", "later").RetryAfter(time.Millisecond)}
	result, err := deliver.Once(t.Context(), client(t, server, 6), &eventsv1.Event{Id: "a"}, deliver.NewPatience(0, time.Now, nil).Retry())
	require.NoError(t, err)
	require.Equal(t, eventsv1.CaptureStatus_CAPTURE_STATUS_DUPLICATE, result.GetStatus())
	require.EqualValues(t, 2, server.calls.Load())
}

func TestAServiceThatIsAwayKeepsNothing(t *testing.T) {
	server := &forgetful{}
	_, err := deliver.Once(t.Context(), client(t, server, 1<<20), &eventsv1.Event{Id: "a"}, deliver.NewPatience(time.Millisecond, time.Now, nil).Retry())
	require.ErrorIs(t, err, fault.Unavailable)
	require.Zero(t, server.calls.Load())
}
