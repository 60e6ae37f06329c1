package dial_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/tap"
	"google.golang.org/grpc/test/bufconn"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// TestRefusedBeforeTheMessageIsSent has a server end every attempt by its headers alone, and the client send no message
// before it has seen the end. What the server said must come out, also after the last attempt.
func TestRefusedBeforeTheMessageIsSent(t *testing.T) {
	for range 4 { // a connection each: one that failed often is not retried
		t.Run("", func(t *testing.T) {
			t.Parallel()
			conn := refusing(t, fault.New(fault.Unavailable, "AWAY", "away").Meta("a", "b"))
			_, err := identityv1.NewCredentialServiceClient(conn).Introspect(t.Context(), introspect)
			requireAway(t, err)
			s, err := identityv1.NewDeveloperServiceClient(conn).WatchIdentities(t.Context(), &identityv1.WatchIdentitiesRequest{})
			require.NoError(t, err)
			_, err = s.Recv()
			requireAway(t, err)
		})
	}
}

func requireAway(t *testing.T, err error) {
	require.ErrorIs(t, err, fault.Unavailable)
	f, _ := errors.AsType[*fault.Fault](err)
	assert.Equal(t, "AWAY", f.Reason())
	assert.Equal(t, map[string]string{"a": "b"}, f.Metadata())
}

func refusing(t *testing.T, with error) *grpc.ClientConn {
	s := grpc.NewServer(grpc.InTapHandle(func(ctx context.Context, _ *tap.Info) (context.Context, error) {
		return ctx, fault.ToStatus(with, "identity").Err()
	}))
	lis := bufconn.Listen(1 << 16)
	done := make(chan error, 1)
	go func() { done <- s.Serve(lis) }()
	conn, err := dial.New("passthrough:///bufconn", dial.Options{Dial: []grpc.DialOption{
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithStatsHandler(holdBack{}),
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close()
		s.Stop()
		assert.NoError(t, <-done)
	})
	return conn
}

// holdBack lets an attempt go on from its headers when the answer is there.
type holdBack struct{}

type endedKey struct{}

// TagRPC implements stats.Handler, once for each attempt.
func (holdBack) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, endedKey{}, make(chan struct{}))
}

// HandleRPC implements stats.Handler.
func (holdBack) HandleRPC(ctx context.Context, event stats.RPCStats) {
	ended := ctx.Value(endedKey{}).(chan struct{})
	switch event.(type) {
	case *stats.OutHeader:
		<-ended
	case *stats.InTrailer, *stats.InHeader:
		close(ended)
	}
}

// TagConn implements stats.Handler.
func (holdBack) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (holdBack) HandleConn(context.Context, stats.ConnStats) {}
