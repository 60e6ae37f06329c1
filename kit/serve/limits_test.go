package serve

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// connected runs s and is a connection to it by gRPC alone.
func connected(t *testing.T, s *Server) *grpc.ClientConn {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Listening()
	conn, err := grpc.NewClient(s.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close()
		cancel()
		require.NoError(t, <-done)
	})
	return conn
}

// TestAUnaryCallThatIsNeverSentWholeEnds sends a request and never says that it is all, without a deadline, and with one that a stranger takes for himself.
func TestAUnaryCallThatIsNeverSentWholeEnds(t *testing.T) {
	s := testServer(t, Config{Address: "127.0.0.1:0"})
	s.patience = 200 * time.Millisecond
	conn := connected(t, s)
	hour, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for name, ctx := range map[string]context.Context{"without a deadline": t.Context(), "an hour": hour} {
		t.Run(name, func(t *testing.T) {
			stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, healthpb.Health_Check_FullMethodName)
			require.NoError(t, err)
			if err := stream.SendMsg(&healthpb.HealthCheckRequest{}); err != nil {
				require.ErrorIs(t, err, io.EOF, "the call may have ended by then")
			}
			ended := make(chan error, 1)
			go func() { ended <- stream.RecvMsg(new(healthpb.HealthCheckResponse)) }()
			select {
			case err := <-ended:
				require.Equal(t, codes.DeadlineExceeded, status.Code(err))
			case <-time.After(30 * time.Second):
				t.Fatal("the call waits for the rest of the request")
			}
		})
	}
}

// TestAConnectionHasSoManyStreams opens one stream more than a connection may have, which waits for another to end.
func TestAConnectionHasSoManyStreams(t *testing.T) {
	client := healthpb.NewHealthClient(connected(t, testServer(t, Config{Address: "127.0.0.1:0"})))
	open := func(ctx context.Context) (context.CancelFunc, error) {
		ctx, cancel := context.WithCancel(ctx)
		watch, err := client.Watch(ctx, &healthpb.HealthCheckRequest{})
		if err == nil {
			_, err = watch.Recv()
		}
		return cancel, err
	}
	first, err := open(t.Context())
	require.NoError(t, err)
	for range maxStreams - 1 {
		_, err := open(t.Context())
		require.NoError(t, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = open(short)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	first()
	_, err = open(t.Context())
	require.NoError(t, err)
}
