package dial_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
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

// A server that ends an attempt by its headers alone, before the client has sent the message, must be heard all the same: what it said must come out, be it of
// the last attempt of many or of one that is not to be repeated.
func TestRefusedBeforeTheMessageIsSent(t *testing.T) {
	away := fault.New(fault.Unavailable, "AWAY", "away").Meta("a", "b")
	for name, c := range map[string]struct {
		taken int32 // attempts whose message is read
		then  *fault.Fault
	}{
		"each attempt":             {then: away},
		"all but the first":        {taken: 1, then: away},
		"one that is not repeated": {then: fault.New(fault.Unauthenticated, "UNKNOWN", "who is it").Meta("a", "b")},
		"the second, for good":     {taken: 1, then: fault.New(fault.Unauthenticated, "UNKNOWN", "who is it").Meta("a", "b")},
	} {
		for _, streams := range []bool{false, true} { // a connection each: one that failed often is not retried
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				conn := refusing(t, c.taken, away, c.then)
				var err error
				if streams {
					s, opened := identityv1.NewDeveloperServiceClient(conn).WatchIdentities(t.Context(), &identityv1.WatchIdentitiesRequest{})
					require.NoError(t, opened)
					_, err = s.Recv()
				} else {
					_, err = identityv1.NewCredentialServiceClient(conn).Introspect(t.Context(), introspect)
				}
				require.ErrorIs(t, err, c.then.Kind())
				f, _ := errors.AsType[*fault.Fault](err)
				assert.Equal(t, c.then.Reason(), f.Reason())
				assert.Equal(t, map[string]string{"a": "b"}, f.Metadata())
			})
		}
	}
}

// refusing is a client of a server that reads the messages of some attempts before it answers them, and refuses all others by their headers.
func refusing(t *testing.T, taken int32, answer, refusal error) *grpc.ClientConn {
	var attempts atomic.Int32
	s := grpc.NewServer(
		grpc.InTapHandle(func(ctx context.Context, _ *tap.Info) (context.Context, error) {
			if attempts.Add(1) <= taken {
				return ctx, nil
			}
			return ctx, fault.ToStatus(refusal, "identity").Err()
		}),
		grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error { return fault.ToStatus(answer, "identity").Err() }),
	)
	lis := bufconn.Listen(1 << 16)
	done := make(chan error, 1)
	go func() { done <- s.Serve(lis) }()
	conn, err := dial.New("passthrough:///bufconn", dial.Options{Dial: []grpc.DialOption{
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithStatsHandler(&holdBack{taken: taken}),
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close()
		s.Stop()
		assert.NoError(t, <-done)
	})
	return conn
}

// holdBack lets an attempt go on from its headers when the answer is there, but for some of the first.
type holdBack struct {
	taken    int32
	attempts atomic.Int32
}

type endedKey struct{}

// TagRPC implements stats.Handler, once for each attempt.
func (h *holdBack) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	ended := make(chan struct{})
	if h.attempts.Add(1) <= h.taken {
		close(ended)
	}
	return context.WithValue(ctx, endedKey{}, ended)
}

// HandleRPC implements stats.Handler.
func (h *holdBack) HandleRPC(ctx context.Context, event stats.RPCStats) {
	ended := ctx.Value(endedKey{}).(chan struct{})
	switch event.(type) {
	case *stats.OutHeader:
		<-ended
	case *stats.InTrailer, *stats.InHeader:
		select {
		case <-ended:
		default:
			close(ended)
		}
	}
}

// TagConn implements stats.Handler.
func (*holdBack) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (*holdBack) HandleConn(context.Context, stats.ConnStats) {}
