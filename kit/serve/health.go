package serve

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// Health is asked each second and must answer within a shorter time, so that checks cannot pile up.
const (
	healthInterval = time.Second
	healthHurry    = 100 * time.Millisecond // while NOT_SERVING: others wait for us to start
	healthTimeout  = 800 * time.Millisecond
)

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
)

// readiness is the last answer of the health check, for the debug port.
type readiness struct {
	mu     sync.Mutex
	known  bool
	reason error
}

func (r *readiness) set(reason error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(r.reason, errStopping) { // a check that was under way when the stop began
		return
	}
	r.known, r.reason = true, reason
}

// check is nil when SERVING, else the reason.
func (r *readiness) check(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known {
		return errStarting
	}
	return r.reason
}

// condition is the health of some services, and who tells it.
type condition struct {
	names []string                    // as clients ask for it; "" is the server
	ask   func(context.Context) error // nil: as soon as the server listens
	note  func(reason error)          // may be nil
}

// conditions are that of the server, which all services have that are not told apart, and that of the others.
func (s *Server) conditions() []condition {
	whole, apart := condition{names: []string{""}, ask: s.deps.Health, note: s.readiness.set}, condition{ask: s.deps.Apart.Health}
	for _, name := range slices.Sorted(maps.Keys(s.grpc.GetServiceInfo())) {
		if slices.Contains(s.deps.Apart.Services, name) {
			apart.names = append(apart.names, name)
		} else {
			whole.names = append(whole.names, name)
		}
	}
	if len(apart.names) == 0 {
		return []condition{whole}
	}
	return []condition{whole, apart}
}

// watchHealth follows the health of all services until ctx ends.
func (s *Server) watchHealth(ctx context.Context) {
	var watches sync.WaitGroup
	for _, c := range s.conditions() {
		watches.Go(func() { s.watch(ctx, c) })
	}
	watches.Wait()
}

// watch asks at once and then each second, more often while NOT_SERVING, until ctx ends. It logs changes, with the reason.
func (s *Server) watch(ctx context.Context, c condition) {
	ticker := time.NewTicker(healthInterval)
	defer ticker.Stop()
	last := errStarting.Error()
	for {
		err := c.check(ctx)
		if ctx.Err() != nil {
			return
		}
		last = s.noteHealth(ctx, c, err, last)
		if last == "" {
			ticker.Reset(healthInterval)
		} else {
			ticker.Reset(healthHurry)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (c condition) check(ctx context.Context) error {
	if c.ask == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	return c.ask(ctx)
}

// noteHealth returns the reason now, "" when SERVING.
func (s *Server) noteHealth(ctx context.Context, c condition, err error, last string) string {
	if c.note != nil {
		c.note(err)
	}
	logger := s.deps.Logger
	if c.names[0] != "" {
		logger = logger.With("services", c.names)
	}
	if err == nil {
		if last != "" {
			s.setStatus(healthpb.HealthCheckResponse_SERVING, c.names)
			logger.InfoContext(ctx, "serving")
		}
		return ""
	}
	if reason := err.Error(); reason != last {
		s.setStatus(healthpb.HealthCheckResponse_NOT_SERVING, c.names)
		logger.WarnContext(ctx, "not serving", "reason", reason)
	}
	return err.Error()
}

// healthService is gRPC's, but for what a stop does to the streams of those who watch the health.
type healthService struct {
	*health.Server
	stopping context.Context
}

// Watch implements healthpb.HealthServer. Of a stream that is to end and has a status to tell gRPC does the one or the other by chance; here the stop is told.
func (h healthService) Watch(asked *healthpb.HealthCheckRequest, stream healthpb.Health_WatchServer) error {
	told := &toldStream{Health_WatchServer: stream}
	err := h.Server.Watch(asked, told)
	if h.stopping.Err() == nil {
		return err
	}
	if now, unknown := h.Check(stream.Context(), asked); unknown == nil && now.GetStatus() != told.last {
		_ = stream.Send(now) // the stream ends, whether it was heard or not
	}
	return err
}

// toldStream remembers what was told last.
type toldStream struct {
	healthpb.Health_WatchServer
	last healthpb.HealthCheckResponse_ServingStatus
}

// Send implements healthpb.Health_WatchServer.
func (t *toldStream) Send(m *healthpb.HealthCheckResponse) error {
	t.last = m.GetStatus()
	return t.Health_WatchServer.Send(m)
}

func (s *Server) setStatus(status healthpb.HealthCheckResponse_ServingStatus, names []string) {
	for _, name := range names {
		s.health.SetServingStatus(name, status)
	}
}
