package dial_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const acme = "0192f0c1-2d3e-7f40-8a51-627384950a1b"

// credentials is a server under test.
type credentials struct {
	identityv1.UnimplementedCredentialServiceServer
	identityv1.UnimplementedDeveloperServiceServer
	calls  atomic.Int32
	answer func(ctx context.Context, call int32) error
}

func (c *credentials) Introspect(ctx context.Context, _ *identityv1.IntrospectRequest) (*identityv1.IntrospectResponse, error) {
	return &identityv1.IntrospectResponse{Active: true}, c.answer(ctx, c.calls.Add(1))
}

func (c *credentials) CreateApiKey(ctx context.Context, _ *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
	return &identityv1.CreateApiKeyResponse{}, c.answer(ctx, c.calls.Add(1))
}

func (c *credentials) WatchIdentities(_ *identityv1.WatchIdentitiesRequest, s grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
	if err := s.Send(&identityv1.WatchIdentitiesResponse{Sequence: 7}); err != nil {
		return err
	}
	return c.answer(s.Context(), c.calls.Add(1))
}

// start serves c through the real door and returns a client of dial.New.
func start(t *testing.T, c *credentials) *grpc.ClientConn {
	return startAs(t, c, auth.NewToken(auth.PrefixService))
}

func startAs(t *testing.T, c *credentials, token string) *grpc.ClientConn {
	s, err := serve.New("identity", serve.Config{}, serve.Deps{
		Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Verifier: byPrefix(token),
	})
	require.NoError(t, err)
	identityv1.RegisterCredentialServiceServer(s.GRPC(), c)
	identityv1.RegisterDeveloperServiceServer(s.GRPC(), c)
	lis := bufconn.Listen(1 << 16)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, lis) }()
	conn, err := dial.New("passthrough:///bufconn", dial.Options{Token: token, ServiceName: "events", Dial: []grpc.DialOption{
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
	}})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close()
		cancel()
		assert.NoError(t, <-done)
	})
	return conn
}

func byPrefix(token string) auth.Verifier {
	if prefix, _ := auth.CheckToken(token); prefix == auth.PrefixOperator {
		return auth.NewStatic([]string{token}, nil)
	}
	return auth.NewStatic(nil, []string{token})
}

var introspect = &identityv1.IntrospectRequest{Token: "x"}

func TestCredentialAndOrganization(t *testing.T) {
	c := &credentials{answer: func(ctx context.Context, _ int32) error {
		caller := auth.MustCaller(ctx)
		md, _ := metadata.FromIncomingContext(ctx)
		assert.Equal(t, accessv1.Role_ROLE_SERVICE, caller.Role)
		assert.Equal(t, acme, caller.OrganizationID)
		assert.Equal(t, "events", caller.ServiceName)
		assert.Contains(t, md.Get("user-agent")[0], "events")
		return nil
	}}
	ctx := dial.WithOrganization(dial.WithOrganization(t.Context(), "replaced"), acme)
	_, err := identityv1.NewCredentialServiceClient(start(t, c)).Introspect(ctx, introspect)
	require.NoError(t, err)
}

func TestFaultIsRebuilt(t *testing.T) {
	gone := fault.New(fault.NotFound, "GONE", "gone").Field("token").Meta("a", "b").Wrap(io.ErrClosedPipe)
	conn := start(t, &credentials{answer: func(context.Context, int32) error { return gone }})
	check := func(err error) {
		require.ErrorIs(t, err, gone)
		require.ErrorIs(t, err, fault.NotFound)
		f, _ := errors.AsType[*fault.Fault](err)
		assert.Equal(t, "gone", f.Error())
		assert.Equal(t, "token", f.FieldPath())
		assert.Equal(t, map[string]string{"a": "b"}, f.Metadata())
	}
	_, err := identityv1.NewCredentialServiceClient(conn).Introspect(t.Context(), introspect)
	check(err)
	s, err := identityv1.NewDeveloperServiceClient(conn).WatchIdentities(t.Context(), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	got, err := s.Recv()
	require.NoError(t, err)
	assert.EqualValues(t, 7, got.GetSequence())
	_, err = s.Recv()
	check(err)
}

func TestEndOfStreamStaysEOF(t *testing.T) {
	conn := start(t, &credentials{answer: func(context.Context, int32) error { return nil }})
	s, err := identityv1.NewDeveloperServiceClient(conn).WatchIdentities(t.Context(), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	_, err = s.Recv()
	require.NoError(t, err)
	_, err = s.Recv()
	require.Equal(t, io.EOF, err)
}

func TestUnavailableIsRetried(t *testing.T) {
	away := fault.New(fault.Unavailable, "AWAY", "away")
	c := &credentials{answer: func(_ context.Context, call int32) error {
		if call < 3 {
			return away
		}
		return nil
	}}
	_, err := identityv1.NewCredentialServiceClient(start(t, c)).Introspect(t.Context(), introspect)
	require.NoError(t, err)
	assert.EqualValues(t, 3, c.calls.Load())
}

func TestOthersAreNotRetried(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Conflict, fault.Internal, fault.Exhausted, fault.Timeout} {
		c := &credentials{answer: func(context.Context, int32) error { return fault.New(kind, "R", "m") }}
		_, err := identityv1.NewCredentialServiceClient(start(t, c)).Introspect(t.Context(), introspect)
		require.ErrorIs(t, err, kind)
		assert.EqualValues(t, 1, c.calls.Load())
	}
}

func TestCreateIsSentOnce(t *testing.T) {
	c := &credentials{answer: func(context.Context, int32) error { return fault.New(fault.Unavailable, "AWAY", "away") }}
	ctx := dial.WithOrganization(t.Context(), acme)
	_, err := identityv1.NewCredentialServiceClient(startAs(t, c, auth.NewToken(auth.PrefixOperator))).CreateApiKey(ctx,
		&identityv1.CreateApiKeyRequest{DisplayName: "x", Role: accessv1.Role_ROLE_ADMIN})
	require.ErrorIs(t, err, fault.Unavailable)
	assert.EqualValues(t, 1, c.calls.Load())
}

func TestServerAwayIsUnavailable(t *testing.T) {
	conn, err := dial.New(servetest.FreeAddress(t), dial.Options{Token: "t"})
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = identityv1.NewCredentialServiceClient(conn).Introspect(t.Context(), introspect)
	require.ErrorIs(t, err, fault.Unavailable)
}

func TestTokenNeedsTLSOrAPrivateTarget(t *testing.T) {
	for target, ok := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "identity:7402": true, "dns:///identity:7402": true, "unix:///x": true,
		"10.0.0.1:1": false, "example.com:443": false, "dns:///example.com:1": false, "passthrough:///1.2.3.4:5": false, "": false,
	} {
		conn, err := dial.New(target, dial.Options{Token: "t"})
		assert.Equal(t, ok, err == nil, target)
		if err == nil {
			_ = conn.Close()
		}
	}
	for _, o := range []dial.Options{{}, {Token: "t", TLS: &tls.Config{MinVersion: tls.VersionTLS13}}} {
		conn, err := dial.New("example.com:443", o)
		require.NoError(t, err)
		_ = conn.Close()
	}
}
