// Package dial makes clients of the suite's services: a bearer token on every call, faults rebuilt from the
// statuses, retries of calls that found the server away. It stands where a service or the command line leaves
// for another service.
package dial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"devtrail.dev/kit/auth"
)

// Options shape a client connection.
type Options struct {
	Token       string            // bearer token of every call; "" sends none
	ServiceName string            // who calls, for the other side's log
	UserAgent   string            // "" means ServiceName
	TLS         *tls.Config       // nil means no TLS; a token then goes only to private targets, see New
	Dial        []grpc.DialOption // further options, such as a dialer in tests
}

// reconnect has a server that was away met within a second or so of its return. gRPC's own waits grow to two minutes,
// which is for clients without number; a suite's are few.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 5 * time.Second,
}

// maxMessage is what a client accepts, the same as the door's largest.
const maxMessage = 64 << 20

// New makes a connection to target, a gRPC target such as "127.0.0.1:7402". It does not connect yet.
// Without TLS a token is sent only to loopback and to names without a dot, such as "identity", which are those of
// containers on a private network.
func New(target string, opts Options) (*grpc.ClientConn, error) {
	if target == "" {
		return nil, errors.New("dial: the address is empty")
	}
	if opts.TLS == nil && opts.Token != "" && !private(target) {
		return nil, fmt.Errorf("dial %q: without TLS a token is sent only to loopback and to names without a dot", target)
	}
	transport := insecure.NewCredentials()
	if opts.TLS != nil {
		transport = credentials.NewTLS(opts.TLS)
	}
	agent := opts.UserAgent
	if agent == "" {
		agent = opts.ServiceName
	}
	retries, err := serviceConfig()
	if err != nil {
		return nil, err
	}
	all := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(bearer{token: opts.Token, service: opts.ServiceName}),
		grpc.WithDefaultServiceConfig(retries),
		grpc.WithConnectParams(reconnect),
		grpc.WithUserAgent(agent),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
	}
	all = append(all, Interceptors()...)
	conn, err := grpc.NewClient(target, append(all, opts.Dial...)...)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", target, err)
	}
	return conn, nil
}

// WithOrganization names the organization, a UUID, that the calls of a service or an operator are for.
func WithOrganization(ctx context.Context, id string) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	if md == nil {
		md = metadata.MD{}
	}
	md.Set(auth.HeaderOrganization, id)
	return metadata.NewOutgoingContext(ctx, md)
}

// bearer puts the credential into every call.
type bearer struct{ token, service string }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	md := make(map[string]string, 2)
	if b.token != "" {
		md["authorization"] = "Bearer " + b.token
	}
	if b.service != "" {
		md[auth.HeaderService] = b.service
	}
	return md, nil
}

// RequireTransportSecurity is false since New has judged the target already.
func (b bearer) RequireTransportSecurity() bool { return false }

// private tells whether the target stays on this machine or a container network.
func private(target string) bool {
	if scheme, rest, ok := strings.Cut(target, ":"); ok && (scheme == "unix" || scheme == "passthrough") {
		return scheme == "unix" || strings.TrimLeft(rest, "/") == "bufconn"
	}
	target = strings.TrimLeft(strings.TrimPrefix(target, "dns:"), "/")
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		host = target
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host != "" && !strings.ContainsAny(host, ".:/")
}
