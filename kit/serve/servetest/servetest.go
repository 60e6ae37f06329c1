// Package servetest runs a service's real door in memory for tests: the interceptors of kit/serve on a bufconn
// listener, and a client with the interceptors of kit/dial.
package servetest

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve"
)

// Start serves what register registers and returns a client. Fields of deps that are nil are filled: a logger that
// discards, a fresh registry, a verifier that knows nobody. Server and client are gone, goroutines included, when
// the test ends.
func Start(t testing.TB, name string, deps serve.Deps, register func(grpc.ServiceRegistrar)) *grpc.ClientConn {
	t.Helper()
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	if deps.Verifier == nil {
		deps.Verifier = Verifier{}
	}
	server, err := serve.New(name, serve.Config{GracePeriod: 2 * time.Second}, deps)
	if err != nil {
		t.Fatal(err)
	}
	register(server.GRPC())
	lis := bufconn.Listen(1 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, lis) }()
	select {
	case <-server.Listening():
	case err := <-done:
		cancel()
		t.Fatalf("the door did not open: %v", err)
	}
	conn, err := grpc.NewClient("passthrough:///bufconn", append(dial.Interceptors(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20), grpc.MaxCallSendMsgSize(64<<20)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the door ended with %v", err)
		}
	})
	return conn
}

// Verifier knows fixed tokens, of any text.
type Verifier map[string]auth.Caller

// Verify implements auth.Verifier.
func (v Verifier) Verify(_ context.Context, token string) (auth.Caller, error) {
	if caller, ok := v[token]; ok {
		return caller, nil
	}
	return auth.Caller{}, auth.ErrInvalid
}

// Revocable is a verifier until its tokens are revoked.
type Revocable struct {
	auth.Verifier
	revoked atomic.Bool
}

// Revoke has no token be valid from now on.
func (r *Revocable) Revoke() { r.revoked.Store(true) }

// Verify implements auth.Verifier.
func (r *Revocable) Verify(ctx context.Context, token string) (auth.Caller, error) {
	if r.revoked.Load() {
		return auth.Caller{}, auth.ErrInvalid
	}
	return r.Verifier.Verify(ctx, token)
}

// As returns a context whose calls present the token.
func As(ctx context.Context, token string) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	if md == nil {
		md = metadata.MD{}
	}
	md.Set("authorization", "Bearer "+token)
	return metadata.NewOutgoingContext(ctx, md)
}
