package serve

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
)

type nobody struct{}

func (nobody) Verify(context.Context, string) (auth.Caller, error) {
	return auth.Caller{}, auth.ErrInvalid
}

func testServer(t *testing.T, cfg Config) *Server {
	s, err := New("identity", cfg, Deps{Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Verifier: nobody{}})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestOrder(t *testing.T) {
	names := []string{}
	for _, step := range testServer(t, Config{}).interceptors() {
		names = append(names, step.name)
	}
	assert.Equal(t, []string{"request_id", "observe", "errors", "recover", "deadline", "auth", "validate"}, names)
}

// TestBothShapesTakeTheSameSteps walks a list of recording steps as a unary call and as a stream.
func TestBothShapesTakeTheSameSteps(t *testing.T) {
	var way []string
	record := func(name string) step {
		return step{name, func(ctx context.Context, c *call, next func(context.Context) error) error {
			way = append(way, name+">")
			err := next(ctx)
			way = append(way, "<"+name)
			return err
		}}
	}
	steps := []step{record("a"), record("b")}
	handler := func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error) {
		return nil, errors.New("x")
	}
	_, err := unary(steps, "/s/M", handler)(nil, t.Context(), nil, nil)
	require.EqualError(t, err, "x")
	first := way
	way = nil
	err = new(Server).stream(steps)(nil, fakeStream{ctx: t.Context()}, &grpc.StreamServerInfo{FullMethod: "/s/M"}, func(any, grpc.ServerStream) error { return errors.New("x") })
	require.EqualError(t, err, "x")
	assert.Equal(t, []string{"a>", "b>", "<b", "<a"}, first)
	assert.Equal(t, first, way)
}

type fakeStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (f fakeStream) Context() context.Context { return f.ctx }

func TestTooLittleTimeIsRefused(t *testing.T) {
	s := testServer(t, Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Millisecond)
	defer cancel()
	err := s.deadline(ctx, &call{}, func(context.Context) error { t.Fatal("reached"); return nil })
	require.ErrorIs(t, err, errNoTime)
}

func TestConfigValidate(t *testing.T) {
	good := Config{Address: "127.0.0.1:0"}.withDefaults()
	require.NoError(t, good.Validate("X_"))
	good.DebugAddress = Off
	require.NoError(t, good.Validate("X_"))
	for _, n := range []int{-1, 0} { // what is set to 0 would be as if it were not set
		err := Config{Address: "x", DebugAddress: "y", GracePeriod: time.Duration(n), MaxMessageBytes: n}.Validate("X_")
		for _, want := range []string{"X_ADDRESS \"x\"", "X_DEBUG_ADDRESS \"y\"", "X_GRACE_PERIOD", "X_MAX_MESSAGE_BYTES"} {
			require.ErrorContains(t, err, want)
		}
	}
	_, err := New("x", Config{}, Deps{})
	require.Error(t, err)
	assert.Equal(t, "a; b", oneLine(errors.Join(errors.New("a"), errors.New("b"))))
}
