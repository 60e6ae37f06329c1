package serve_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	_ "google.golang.org/protobuf/types/known/emptypb"

	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// running starts d's server on real ports. The result's stop ends it and gives Run's error.
func running(t *testing.T, d *door, cfg serve.Config, deps serve.Deps) (s *serve.Server, conn *grpc.ClientConn, stop func() error) {
	cfg.Address, cfg.DebugAddress = "127.0.0.1:0", "127.0.0.1:0"
	s, err := serve.New("identity", cfg, deps)
	require.NoError(t, err)
	d.register(s.GRPC())
	require.Nil(t, s.Addr())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Listening()
	conn, err = dial.New(s.Addr().String(), dial.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return s, conn, func() error { cancel(); return <-done }
}

func TestRunAndStop(t *testing.T) {
	d := newDoor()
	s, conn, stop := running(t, d, serve.Config{}, d.deps())
	// Wait for SERVING by the health stream, which needs no credential and says each change.
	watch, err := healthpb.NewHealthClient(conn).Watch(t.Context(), &healthpb.HealthCheckRequest{Service: "devtrail.identity.v1.CredentialService"})
	require.NoError(t, err)
	until(t, watch, healthpb.HealthCheckResponse_SERVING)
	require.NoError(t, serve.Probe(t.Context(), s.Addr().String()))
	assert.Equal(t, "ok\n", get(t, s, "/healthz", http.StatusOK))
	assert.Contains(t, get(t, s, "/debug/pprof/", http.StatusOK), "goroutine")

	entered, release := make(chan struct{}), make(chan struct{})
	d.create = func(context.Context, *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		close(entered)
		<-release
		return &identityv1.CreateApiKeyResponse{Token: "done"}, nil
	}
	opened := make(chan struct{})
	d.watch = func(_ *identityv1.WatchIdentitiesRequest, s grpc.ServerStreamingServer[identityv1.WatchIdentitiesResponse]) error {
		close(opened)
		if err := s.Send(&identityv1.WatchIdentitiesResponse{}); err != nil {
			return err
		}
		<-s.Context().Done()
		return s.Context().Err()
	}
	answer := make(chan error, 1)
	go func() {
		resp, err := identityv1.NewCredentialServiceClient(conn).CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
		if err == nil && resp.GetToken() != "done" {
			err = errors.New("another answer")
		}
		answer <- err
	}()
	long, err := identityv1.NewDeveloperServiceClient(conn).WatchIdentities(servetest.As(t.Context(), "service"), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	<-entered
	<-opened
	_, err = long.Recv() // having begun to answer, the stream is not retried elsewhere
	require.NoError(t, err)
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	_, err = long.Recv()
	require.ErrorIs(t, err, fault.Unavailable, "a stream is cut at once")
	assert.Equal(t, "SERVER_STOPPING", fault.ReasonOf(err))
	until(t, watch, healthpb.HealthCheckResponse_NOT_SERVING)
	close(release)
	require.NoError(t, <-answer, "a call in flight is answered")
	require.NoError(t, <-stopped)
	require.Error(t, serve.Probe(t.Context(), s.Addr().String()))
	assert.Len(t, d.log.lines(t, "serving"), 1)
	for _, line := range d.log.lines(t, "request") {
		assert.NotContains(t, line["method"], "/grpc.health.v1.Health/Check", "a probe that succeeds is not logged")
	}
}

func until(t *testing.T, watch grpc.ServerStreamingClient[healthpb.HealthCheckResponse], want healthpb.HealthCheckResponse_ServingStatus) {
	t.Helper()
	for {
		got, err := watch.Recv()
		require.NoError(t, err)
		if got.GetStatus() == want {
			return
		}
	}
}

func get(t *testing.T, s *serve.Server, path string, code int) string {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + s.DebugAddr().String() + path)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, code, resp.StatusCode)
	return string(body)
}

func TestReasonOfUnreadiness(t *testing.T) {
	d, asked := newDoor(), make(chan struct{}, 2)
	deps := d.deps()
	deps.Health = func(context.Context) error {
		select {
		case asked <- struct{}{}:
		default: // who has been told often enough holds no stop up
		}
		return errors.New("the database is behind")
	}
	s, conn, stop := running(t, d, serve.Config{}, deps)
	<-asked
	<-asked // the answer to the first question is noted before the second is asked
	assert.Equal(t, "the database is behind\n", get(t, s, "/healthz", http.StatusServiceUnavailable))
	require.ErrorContains(t, serve.Probe(t.Context(), s.Addr().String()), "NOT_SERVING")
	_, err := identityv1.NewCredentialServiceClient(conn).CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
	assert.NoError(t, err, "requests are answered also then")
	require.NoError(t, stop())
	lines := d.log.lines(t, "not serving")
	require.Len(t, lines, 1, "a reason is logged when it changes")
	assert.Equal(t, "the database is behind", lines[0]["reason"])
}

func TestGraceEnds(t *testing.T) {
	d, entered := newDoor(), make(chan struct{})
	d.create = func(ctx context.Context, _ *identityv1.CreateApiKeyRequest) (*identityv1.CreateApiKeyResponse, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	_, conn, stop := running(t, d, serve.Config{GracePeriod: 50 * time.Millisecond}, d.deps())
	answer := make(chan error, 1)
	go func() {
		_, err := identityv1.NewCredentialServiceClient(conn).CreateApiKey(servetest.As(t.Context(), "admin"), goodKey)
		answer <- err
	}()
	<-entered
	require.NoError(t, stop())
	require.Error(t, <-answer)
	assert.Len(t, d.log.lines(t, "calls still in flight after the grace period are cut off"), 1)
}

func TestRPCWithoutRuleRefusesToStart(t *testing.T) {
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("devtrail/serve_test/bare.proto"), Package: proto.String("devtrail.serve_test"), Syntax: proto.String("proto3"),
		Dependency: []string{"google/protobuf/empty.proto"},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Bare"), Method: []*descriptorpb.MethodDescriptorProto{{
			Name: proto.String("Do"), InputType: proto.String(".google.protobuf.Empty"), OutputType: proto.String(".google.protobuf.Empty"),
		}}}},
	}, protoregistry.GlobalFiles)
	require.NoError(t, err)
	if _, err := protoregistry.GlobalFiles.FindFileByPath(file.Path()); err != nil {
		require.NoError(t, protoregistry.GlobalFiles.RegisterFile(file))
	}
	s, err := serve.New("bare", serve.Config{Address: "127.0.0.1:0"}, newDoor().deps())
	require.NoError(t, err)
	s.GRPC().RegisterService(&grpc.ServiceDesc{ServiceName: "devtrail.serve_test.Bare", HandlerType: (*any)(nil)}, struct{}{})
	err = s.Run(t.Context())
	require.ErrorContains(t, err, "/devtrail.serve_test.Bare/Do has no access rule")
}

func TestTakenAddress(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = lis.Close() }()
	s, err := serve.New("identity", serve.Config{Address: lis.Addr().String()}, newDoor().deps())
	require.NoError(t, err)
	require.ErrorContains(t, s.Run(t.Context()), "listen at "+lis.Addr().String())
	s, err = serve.New("identity", serve.Config{Address: "127.0.0.1:0", DebugAddress: lis.Addr().String()}, newDoor().deps())
	require.NoError(t, err)
	require.ErrorContains(t, s.Run(t.Context()), "debug address")
}

func TestNoDebugPort(t *testing.T) {
	cfg, err := env.Load(func(name string) string { return map[string]string{"DEBUG_ADDRESS": "off"}[name] }, serve.Config{Address: "127.0.0.1:0", DebugAddress: "127.0.0.1:7412"})
	require.NoError(t, err)
	s, err := serve.New("identity", cfg, newDoor().deps())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-s.Listening():
		assert.Nil(t, s.DebugAddr())
	case err := <-done:
		done <- err
	}
	cancel()
	require.NoError(t, <-done)
}

func TestMainReturnsExitCodes(t *testing.T) {
	assert.Equal(t, 0, serve.Main("identity", func(ctx context.Context, _ func(string) string, _ io.Writer) error { return ctx.Err() }))
	assert.Equal(t, 1, serve.Main("identity", func(context.Context, func(string) string, io.Writer) error { return errors.New("broke") }))
}
