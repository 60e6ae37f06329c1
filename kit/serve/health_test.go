package serve

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// pass lets time go by in a bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // testing/synctest: the clock is fake
}

func TestHealthTransitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, Config{})
		away := errors.New("the database is away")
		var answer atomic.Pointer[func(context.Context) error]
		set := func(f func(context.Context) error) { answer.Store(&f) }
		set(func(context.Context) error { return away })
		s.deps.Health = func(ctx context.Context) error { return (*answer.Load())(ctx) }
		expect := func(status healthpb.HealthCheckResponse_ServingStatus, reason error) {
			t.Helper()
			synctest.Wait()
			for _, service := range []string{"", "grpc.health.v1.Health"} {
				got, err := s.health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
				require.NoError(t, err)
				assert.Equal(t, status, got.GetStatus())
			}
			assert.Equal(t, reason, s.readiness.check(t.Context()))
		}
		assert.Equal(t, errStarting, s.readiness.check(t.Context()))
		s.setStatus(healthpb.HealthCheckResponse_NOT_SERVING)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.watchHealth(ctx) }()
		expect(healthpb.HealthCheckResponse_NOT_SERVING, away)
		set(func(context.Context) error { return nil })
		pass(healthInterval)
		expect(healthpb.HealthCheckResponse_SERVING, nil)
		set(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		pass(healthInterval + healthTimeout)
		expect(healthpb.HealthCheckResponse_NOT_SERVING, context.DeadlineExceeded)
		set(func(context.Context) error { return nil })
		pass(healthInterval)
		expect(healthpb.HealthCheckResponse_SERVING, nil)
		cancel()
		<-done
	})
}
