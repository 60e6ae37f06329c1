package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/telemetry"
)

// Serve is Run on a listener of the caller's. It closes the listener.
func (s *Server) Serve(ctx context.Context, lis net.Listener) error {
	defer s.Close()
	var err error
	if s.rules, err = auth.NewRules(s.grpc.GetServiceInfo(), s.deps.Foreign); err != nil {
		_ = lis.Close()
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.metrics.begin(s.grpc.GetServiceInfo())
	debug, debugLis, err := s.openDebug(ctx)
	if err != nil {
		_ = lis.Close()
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	if debug != nil {
		wg.Go(func() {
			if err := debug.Serve(debugLis); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("%s: debug port: %w", s.name, err))
			}
		})
		s.debugAddr = debugLis.Addr()
	}
	for _, c := range s.conditions() {
		s.setStatus(healthpb.HealthCheckResponse_NOT_SERVING, c.names)
	}
	s.addr = lis.Addr()
	close(s.listening)
	wg.Go(func() {
		// Serve returns nil after a stop; anything else ends the service.
		if err := s.grpc.Serve(lis); err != nil {
			cancel(fmt.Errorf("%s: serve at %s: %w", s.name, lis.Addr(), err))
		}
	})
	wg.Go(func() { s.watchHealth(ctx) })
	s.deps.Logger.InfoContext(ctx, "listening", "address", lis.Addr().String(), "build", s.deps.Build)

	<-ctx.Done()
	s.stop(context.WithoutCancel(ctx))
	if debug != nil {
		_ = debug.Close()
	}
	wg.Wait()
	s.handlers.Wait()
	s.deps.Logger.InfoContext(context.WithoutCancel(ctx), "stopped")
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

func (s *Server) openDebug(ctx context.Context) (*http.Server, net.Listener, error) {
	if !s.cfg.hasDebug() {
		return nil, nil, nil
	}
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.DebugAddress)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: listen at debug address %s: %w", s.name, s.cfg.DebugAddress, err)
	}
	return telemetry.Debug(s.cfg.DebugAddress, s.deps.Registry, s.readiness.check), lis, nil
}

// stop lets calls in flight end within the grace period.
func (s *Server) stop(ctx context.Context) {
	s.sayStopping()
	forced := time.AfterFunc(s.cfg.GracePeriod, func() {
		s.deps.Logger.WarnContext(ctx, "calls still in flight after the grace period are cut off", "grace_period", s.cfg.GracePeriod.String())
		s.grpc.Stop()
	})
	defer forced.Stop()
	s.grpc.GracefulStop()
}

// sayStopping says NOT_SERVING, so that clients go elsewhere, and then has the streams end.
func (s *Server) sayStopping() {
	s.health.Shutdown()
	s.readiness.set(errStopping)
	s.beginStop()
}
