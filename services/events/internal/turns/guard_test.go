package turns

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"devtrail.dev/kit/auth"
)

// registered keeps what is registered.
type registered struct{ desc *grpc.ServiceDesc }

func (r *registered) RegisterService(desc *grpc.ServiceDesc, _ any) { r.desc = desc }

// TestACallTakesItsTurnWhenTheCallerIsKnown has a door that lets an organization in, as that of kit/serve does, and a call that waits for another's turn.
func TestACallTakesItsTurnWhenTheCallerIsKnown(t *testing.T) {
	turns := New(Limits{Total: 1, Each: 1, Wait: time.Minute})
	var behindTheDoor registered
	turns.Guard(&behindTheDoor, []string{"Read"}, "s").RegisterService(&grpc.ServiceDesc{ServiceName: "s", Methods: []grpc.MethodDesc{{
		MethodName: "Ask", Handler: func(srv any, ctx context.Context, _ func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			return interceptor(ctx, "request", &grpc.UnaryServerInfo{FullMethod: "/s/Ask"}, func(ctx context.Context, _ any) (any, error) {
				return auth.Organization(ctx)
			})
		},
	}}}, nil)
	call := behindTheDoor.desc.Methods[0].Handler
	door := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return handler(auth.WithCaller(ctx, auth.Caller{OrganizationID: a.String()}), req)
	}

	release := take(t, turns, b)
	answers := make(chan any, 1)
	go func() {
		answer, err := call(nil, context.Background(), nil, door)
		if err != nil {
			answer = err
		}
		answers <- answer
	}()
	require.Eventually(t, func() bool { return turns.waiters(a) == 1 }, 20*time.Second, time.Millisecond)
	require.Empty(t, answers)
	release()
	require.Equal(t, a, <-answers)

	take(t, turns, b)() // the call has given its turn back

	other := &grpc.ServiceDesc{ServiceName: "other"}
	turns.Guard(&behindTheDoor, []string{"Read"}, "s").RegisterService(other, nil)
	require.Same(t, other, behindTheDoor.desc, "a service that is not named is left alone")
}

// streamed is a stream of an organization.
type streamed struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // as a stream has one
}

func (s streamed) Context() context.Context { return s.ctx }

func TestOnlyStreamsThatAreNamedTakeATurn(t *testing.T) {
	turns := New(Limits{Total: 1, Each: 1, Wait: time.Millisecond, Read: time.Minute})
	var behindTheDoor registered
	held := func(any, grpc.ServerStream) error { return nil }
	turns.Guard(&behindTheDoor, []string{"Read"}, "s").RegisterService(&grpc.ServiceDesc{
		ServiceName: "s", Streams: []grpc.StreamDesc{{StreamName: "Read", Handler: held}, {StreamName: "Watch", Handler: held}},
	}, nil)
	stream := streamed{ctx: auth.WithCaller(t.Context(), auth.Caller{OrganizationID: a.String()})}
	release := take(t, turns, b)
	require.ErrorIs(t, behindTheDoor.desc.Streams[0].Handler(nil, stream), ErrBusy)
	require.NoError(t, behindTheDoor.desc.Streams[1].Handler(nil, stream))
	release()
	require.NoError(t, behindTheDoor.desc.Streams[0].Handler(nil, stream))
	take(t, turns, b)() // the stream has given its turn back
}

// TestAStreamThatIsNotReadGivesItsTurnBack has a client that opens a stream and reads nothing of it.
func TestAStreamThatIsNotReadGivesItsTurnBack(t *testing.T) {
	t.Parallel()
	turns := New(Limits{Total: 1, Each: 1, Wait: time.Minute, Read: 100 * time.Millisecond})
	ended := make(chan error, 1)
	server := grpc.NewServer(grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		return handler(srv, streamed{ServerStream: stream, ctx: auth.WithCaller(stream.Context(), auth.Caller{OrganizationID: a.String()})})
	}))
	turns.Guard(server, []string{"Read"}, "s").RegisterService(&grpc.ServiceDesc{
		ServiceName: "s", HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{{StreamName: "Read", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			for {
				if err := stream.SendMsg(wrapperspb.Bytes(make([]byte, 1<<20))); err != nil {
					ended <- err
					return err
				}
			}
		}}},
	}, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	client, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer client.Close()
	_, err = client.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, "/s/Read")
	require.NoError(t, err)
	require.ErrorIs(t, <-ended, ErrNotRead)
	take(t, turns, b)()
}
