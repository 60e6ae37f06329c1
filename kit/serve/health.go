package serve

import (
	"context"
	"errors"
	"sync"
	"time"

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

// watchHealth asks Health at once and then each second, more often while NOT_SERVING, until ctx ends. It logs changes, with the reason.
func (s *Server) watchHealth(ctx context.Context) {
	ticker := time.NewTicker(healthInterval)
	defer ticker.Stop()
	last := errStarting.Error()
	for {
		err := s.checkHealth(ctx)
		if ctx.Err() != nil {
			return
		}
		last = s.noteHealth(ctx, err, last)
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

func (s *Server) checkHealth(ctx context.Context) error {
	if s.deps.Health == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	return s.deps.Health(ctx)
}

// noteHealth returns the reason now, "" when SERVING.
func (s *Server) noteHealth(ctx context.Context, err error, last string) string {
	s.readiness.set(err)
	if err == nil {
		if last != "" {
			s.setStatus(healthpb.HealthCheckResponse_SERVING)
			s.deps.Logger.InfoContext(ctx, "serving")
		}
		return ""
	}
	if reason := err.Error(); reason != last {
		s.setStatus(healthpb.HealthCheckResponse_NOT_SERVING)
		s.deps.Logger.WarnContext(ctx, "not serving", "reason", reason)
	}
	return err.Error()
}
