// Package serve is the door of a service: it listens, and takes every RPC through span, request id, log, metrics,
// errors, recover, deadline, auth and validation before a handler (internal/rpc) sees it. It owns health, the
// debug port and the stop.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/stats"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/telemetry"
)

// Deps is what a door is given.
type Deps struct {
	Foreign  auth.Foreign                // access rules of registered services whose contracts are not ours; may be nil
	Logger   *slog.Logger                // required
	Registry *prometheus.Registry        // required; the door adds its metrics
	Verifier auth.Verifier               // required; tells whose tokens they are
	Health   func(context.Context) error // of the server and of services without one of their own; nil means ready as soon as it listens
	Apart    Apart                       // services that may serve while the server does not, or the other way round; may be empty
	Now      func() time.Time            // nil means time.Now
	Build    string                      // version shown in the log; may be empty
}

// Apart is services that have a health of their own.
type Apart struct {
	Services []string // by full name
	Health   func(context.Context) error
}

// Server is a service's door.
type Server struct {
	name      string
	cfg       Config
	deps      Deps
	validator protovalidate.Validator
	metrics   *metrics
	rules     auth.Rules
	grpc      *grpc.Server
	registrar registrar
	health    *health.Server
	readiness readiness
	patience  time.Duration // defaultDeadline, but in tests
	addr      net.Addr
	debugAddr net.Addr
	listening chan struct{}
	stopping  context.Context // ends when the stop begins; streams listen to it
	beginStop context.CancelFunc
	handlers  sync.WaitGroup // of streams
}

// New makes a door for the service called name, such as "identity". It opens nothing yet.
func New(name string, cfg Config, deps Deps) (*Server, error) {
	if deps.Logger == nil || deps.Registry == nil || deps.Verifier == nil {
		return nil, errors.New("serve: Logger, Registry and Verifier are required")
	}
	if deps.Now == nil {
		deps.Now = time.Now //nolint:forbidigo // what nil means
	}
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("serve: prepare validation: %w", err)
	}
	measured, err := newMetrics(deps.Registry)
	if err != nil {
		return nil, fmt.Errorf("serve: register metrics: %w", err)
	}
	s := &Server{
		name: name, cfg: cfg.withDefaults(), deps: deps,
		validator: validator, metrics: measured,
		health: health.NewServer(), listening: make(chan struct{}), patience: defaultDeadline,
	}
	s.stopping, s.beginStop = context.WithCancel(context.Background())
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	steps, pool := s.interceptors(), new(buffers)
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec(deps.Logger, pool)),
		experimental.BufferPool(pool),
		grpc.StreamInterceptor(s.stream(steps)),
		grpc.InTapHandle(s.arrive),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.MaxRecvMsgSize(s.cfg.MaxMessageBytes),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connWindow),
		grpc.ReadBufferSize(ioBuffer),
		grpc.WriteBufferSize(ioBuffer),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WaitForHandlers(true),
		grpc.NumStreamWorkers(callWorkers),
	}
	if telemetry.Traced() { // a handler that sends nothing would copy each call's metadata
		options = append(options, grpc.StatsHandler(otelgrpc.NewServerHandler(otelgrpc.WithFilter(traced))))
	}
	s.grpc = grpc.NewServer(options...)
	s.registrar = registrar{to: s.grpc, steps: steps, unary: make(map[string]bool)}
	healthpb.RegisterHealthServer(s.registrar, healthService{s.health, s.stopping})
	reflection.Register(s.grpc)
	return s, nil
}

// What a client may send before it is read, on a stream and on a connection, and the buffers of a connection: a batch of events is not cut into many reads
// and waits for no word that it may go on. gRPC's own windows begin at 64 KiB.
const (
	streamWindow = 1 << 20
	connWindow   = 4 << 20
	ioBuffer     = 64 << 10
)

// callWorkers is how many goroutines serve one call after the other. A goroutine of the call's own begins with a small stack, and to grow it in the deepest call
// of each request costs more than most requests do; those of a worker have grown. They take turns, so that more of them than there are calls at once
// would only spread over more memory. Calls beyond them have goroutines of their own.
const callWorkers = 96

// maxStreams is how many calls a connection may have at once; more wait at the client. Each takes memory before it is known who calls.
const maxStreams = 1000

// traced leaves health checks without spans; they would drown the rest.
func traced(info *stats.RPCTagInfo) bool {
	return !strings.HasPrefix(info.FullMethodName, "/grpc.health.v1.")
}

// GRPC is where services are registered, before Run.
func (s *Server) GRPC() grpc.ServiceRegistrar { return s.registrar }

// Addr is the API's address; nil before Listening is closed.
func (s *Server) Addr() net.Addr {
	select {
	case <-s.listening:
		return s.addr
	default:
		return nil
	}
}

// DebugAddr is the debug port's address; nil before Listening is closed and when there is none.
func (s *Server) DebugAddr() net.Addr {
	select {
	case <-s.listening:
		return s.debugAddr
	default:
		return nil
	}
}

// Listening is closed when the API accepts connections.
func (s *Server) Listening() <-chan struct{} { return s.listening }

// Close ends what New began, of a server that is not run after all. Otherwise it changes nothing once Run has returned.
func (s *Server) Close() { s.grpc.Stop() }

// Run listens at Config.Address and serves until ctx ends; then it stops gracefully and returns nil. It returns
// an error when an RPC has no access rule, the address cannot be had or serving fails.
func (s *Server) Run(ctx context.Context) error {
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Address)
	if err != nil {
		s.Close()
		return fmt.Errorf("%s: listen at %s: %w", s.name, s.cfg.Address, err)
	}
	return s.Serve(ctx, lis)
}
