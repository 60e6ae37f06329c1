package devtrail_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	devtrail "devtrail.dev/clients/go"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// Of several instances behind one name one has the log. The others answer RETRY, and the client must come to that one wherever it stands in the list.
func TestTheInstanceThatHasTheLogIsFound(t *testing.T) {
	owner, other := &service{stored: map[string]int{}}, &service{stored: map[string]int{}}
	other.answer = func(_ int, req *eventsv1.CaptureEventsRequest) (*eventsv1.CaptureEventsResponse, error) {
		return answered(req, eventsv1.CaptureStatus_CAPTURE_STATUS_RETRY), nil
	}
	instances := manual.NewBuilderWithScheme("instances")
	instances.InitialState(resolver.State{Endpoints: []resolver.Endpoint{listen(t, other), listen(t, other), listen(t, owner)}})
	client, err := devtrail.New(devtrail.Config{
		Target: "instances:///events", Token: "dvi_test", Plaintext: true, Linger: -1, BatchEvents: 2, Backoff: time.Millisecond, MaxBackoff: time.Millisecond,
		Dial: []grpc.DialOption{grpc.WithResolvers(instances)},
	})
	require.NoError(t, err)
	require.NoError(t, client.Send(t.Context(), event("a"), event("b"), event("c"), event("d")))
	require.NoError(t, client.Close(soon(t)))
	require.Len(t, owner.stored, 4)
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
