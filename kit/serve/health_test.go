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

// TestAServiceHasAHealthOfItsOwn has one service that does not serve though the server does, and then the other way round.
func TestAServiceHasAHealthOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, Config{})
		var server, service atomic.Bool
		told := func(serves *atomic.Bool) func(context.Context) error {
			return func(context.Context) error {
				if serves.Load() {
					return nil
				}
				return errors.New("away")
			}
		}
		const name, others = "grpc.reflection.v1.ServerReflection", "grpc.health.v1.Health"
		s.deps.Health, s.deps.Apart = told(&server), Apart{Services: []string{name, "not.registered"}, Health: told(&service)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.watchHealth(ctx) }()
		for _, now := range []struct{ server, service bool }{{server: true}, {service: true}, {server: true, service: true}, {}} {
			server.Store(now.server)
			service.Store(now.service)
			pass(healthInterval)
			synctest.Wait()
			for asked, serves := range map[string]bool{"": now.server, others: now.server, name: now.service} {
				got, err := s.health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: asked})
				require.NoError(t, err)
				assert.Equal(t, serves, got.GetStatus() == healthpb.HealthCheckResponse_SERVING, "%q of %+v", asked, now)
			}
			assert.Equal(t, now.server, s.readiness.check(t.Context()) == nil)
		}
		cancel()
		<-done
	})
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
		s.setStatus(healthpb.HealthCheckResponse_NOT_SERVING, []string{"", "grpc.health.v1.Health"})
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

// A check that was under way when the stop began does not say that a server serves which stops.
func TestACheckOfBeforeTheStopChangesNothing(t *testing.T) {
	t.Parallel()
	s := testServer(t, Config{})
	s.sayStopping()
	s.noteHealth(t.Context(), s.conditions()[0], nil, errStarting.Error())
	require.Equal(t, errStopping, s.readiness.check(t.Context()))
	got, err := s.health.Check(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, got.GetStatus())
}

// watcher is the stream of a client who watches the health.
type watcher struct {
	fakeStream
	told []healthpb.HealthCheckResponse_ServingStatus
	send func()
}

func (w *watcher) Send(m *healthpb.HealthCheckResponse) error {
	w.told = append(w.told, m.GetStatus())
	w.send()
	return nil
}

// TestWhoWatchesTheHealthHearsOfTheStop has the stop begin while a status is sent, many times: gRPC's choice between the next status and the end is random.
func TestWhoWatchesTheHealthHearsOfTheStop(t *testing.T) {
	t.Parallel()
	told := func(service string) []healthpb.HealthCheckResponse_ServingStatus {
		s := testServer(t, Config{})
		s.setStatus(healthpb.HealthCheckResponse_SERVING, []string{""})
		ctx, cut := context.WithCancel(t.Context())
		w := &watcher{fakeStream: fakeStream{ctx: ctx}, send: func() { s.sayStopping(); cut() }}
		require.Error(t, healthService{s.health, s.stopping}.Watch(&healthpb.HealthCheckRequest{Service: service}, w))
		return w.told
	}
	for range 64 {
		require.Equal(t, []healthpb.HealthCheckResponse_ServingStatus{healthpb.HealthCheckResponse_SERVING, healthpb.HealthCheckResponse_NOT_SERVING}, told(""))
	}
	require.Equal(t, []healthpb.HealthCheckResponse_ServingStatus{healthpb.HealthCheckResponse_SERVICE_UNKNOWN}, told("nobody's"))
}
