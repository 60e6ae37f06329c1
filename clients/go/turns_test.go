package devtrail_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/protobuf/types/known/durationpb"

	devtrail "devtrail.dev/clients/go"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Of several instances behind one name one has the log. The others answer RETRY, and the client must come to that one wherever it stands in the
// list, without the wait that they ask for.
func TestTheInstanceThatHasTheLogIsFound(t *testing.T) {
	owner, other := &service{stored: map[string]int{}}, &service{stored: map[string]int{}}
	other.answer = func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		answer := answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY)
		for _, r := range answer.GetResults() {
			r.Reason, r.RetryAfter = "QUEUE_ELSEWHERE", durationpb.New(time.Hour)
		}
		return answer, nil
	}
	instances := manual.NewBuilderWithScheme("instances")
	instances.InitialState(resolver.State{Endpoints: []resolver.Endpoint{listen(t, other), listen(t, other), listen(t, owner)}})
	client, err := devtrail.New(devtrail.Config{
		Target: "instances:///events", Token: "dvi_test", Plaintext: true, Linger: -1, BatchEvents: 2, Backoff: time.Hour, MaxBackoff: time.Hour,
		Dial: []grpc.DialOption{grpc.WithResolvers(instances), grpc.WithUnaryInterceptor(onceAllAnswer(3))},
	})
	require.NoError(t, err)
	require.NoError(t, client.Send(t.Context(), event("a"), event("b"), event("c"), event("d")))
	require.NoError(t, client.Close(soon(t)))
	require.Len(t, owner.stored, 4)
}

// onceAllAnswer holds calls until so many instances have answered: one that is slow to accept a connection has no turns meanwhile, and those of the others
// may be over by then.
func onceAllAnswer(instances int) grpc.UnaryClientInterceptor {
	answered := map[string]bool{} // of one call at a time
	return func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		for len(answered) < instances && ctx.Err() == nil {
			var who peer.Peer
			_ = invoke(ctx, "/devtrail.test.None/None", &eventsv1.CaptureEventsRequest{}, &eventsv1.CaptureEventsResponse{}, conn, grpc.Peer(&who))
			if who.Addr != nil {
				answered[who.Addr.String()] = true
			}
		}
		return invoke(ctx, method, req, reply, conn, options...)
	}
}

// listen serves s at an address of this machine.
func listen(t *testing.T, s *service) resolver.Endpoint {
	t.Helper()
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	eventsv1.RegisterIngestServiceServer(server, s)
	done := make(chan error, 1)
	go func() { done <- server.Serve(lis) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-done)
	})
	return resolver.Endpoint{Addresses: []resolver.Address{{Addr: lis.Addr().String()}}}
}

// A client that reaches no instance with the log must not ask without end: after some turns it waits.
func TestWithoutAnInstanceThatHasTheLogTheClientWaits(t *testing.T) {
	const turns = 16
	other, asked := &service{stored: map[string]int{}}, make(chan struct{}, 10*turns)
	other.answer = func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		asked <- struct{}{}
		answer := answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY)
		answer.Results[0].Reason = "QUEUE_ELSEWHERE"
		return answer, nil
	}
	client, err := devtrail.New(devtrail.Config{
		Target: listen(t, other).Addresses[0].Addr, Token: "dvi_test", Plaintext: true, Linger: -1, Backoff: time.Hour, MaxBackoff: time.Hour,
	})
	require.NoError(t, err)
	require.NoError(t, client.Send(t.Context(), event("a")))
	for range turns + 1 {
		<-asked
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, client.Close(ctx), devtrail.ErrUnsent)
	require.Empty(t, asked)
}
