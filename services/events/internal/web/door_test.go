package web_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/web"
)

func TestWhoMayCall(t *testing.T) {
	b := setup(t)
	missing := b.send(http.MethodPost, capturePath, batch(event(1)), "Content-Type", "application/json")
	wrong := b.post(capturePath, batch(event(1)), "Authorization", "Bearer nobody")
	require.Equal(t, http.StatusUnauthorized, missing.StatusCode)
	require.Equal(t, http.StatusUnauthorized, wrong.StatusCode)
	require.Equal(t, missing.body, wrong.body)
	require.NotEmpty(t, wrong.Header.Get("WWW-Authenticate"))
	basic := base64.StdEncoding.EncodeToString([]byte("ingest:"))
	require.Equal(t, http.StatusUnauthorized, b.post(capturePath, batch(event(1)), "Authorization", "Basic "+basic).StatusCode)

	a := b.post(capturePath, batch(event(1)), "Authorization", "Bearer analyst")
	require.Equal(t, http.StatusForbidden, a.StatusCode)
	require.Equal(t, web.Problem{Code: "PERMISSION_DENIED", Reason: "ROLE_INSUFFICIENT", Message: a.problem(t).Message}, a.problem(t))

	a = b.post(capturePath, batch(event(1)), "Authorization", "Bearer operator")
	require.Equal(t, http.StatusBadRequest, a.StatusCode)
	require.Equal(t, auth.HeaderOrganization, a.problem(t).Field)
	require.Equal(t, http.StatusOK, b.post(capturePath, batch(event(1)), "Authorization", "Bearer operator", auth.HeaderOrganization, other).StatusCode)
	require.Len(t, b.stored(other), 1)
	// The key of an organization may name no other.
	require.Equal(t, http.StatusNotFound, b.post(capturePath, batch(event(1)), auth.HeaderOrganization, other).StatusCode)
	require.Empty(t, b.stored(acme))
}

func TestPathsAndMethods(t *testing.T) {
	b := setup(t)
	a := b.post("/nowhere", "")
	require.Equal(t, http.StatusNotFound, a.StatusCode)
	require.Equal(t, "PATH_UNKNOWN", a.problem(t).Reason)
	require.Equal(t, http.StatusNotFound, b.post("/hooks/github/1", "").StatusCode)
	a = b.send(http.MethodGet, capturePath, "")
	require.Equal(t, http.StatusMethodNotAllowed, a.StatusCode)
	require.Equal(t, "POST, OPTIONS", a.Header.Get("Allow"))
	require.Equal(t, "METHOD_NOT_ALLOWED", a.problem(t).Reason)
}

func TestHooksAreMounted(t *testing.T) {
	b := setup(t, func(_ *web.Config, d *web.Deps) {
		d.Hooks = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Path", r.URL.Path)
			w.WriteHeader(http.StatusAccepted)
		})
	})
	a := b.send(http.MethodPost, "/hooks/github/7", "{}")
	require.Equal(t, http.StatusAccepted, a.StatusCode)
	require.Equal(t, "/hooks/github/7", a.Header.Get("Path"))
	require.NotEmpty(t, a.Header.Get("X-Request-Id"))
}

func TestPagesOfAllowedOriginsMayCall(t *testing.T) {
	b := setup(t, func(c *web.Config, _ *web.Deps) {
		c.Origins = []string{"https://app.example.com", "chrome-extension://*"}
	})
	preflight := func(origin string) answer {
		return b.send(http.MethodOptions, capturePath, "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
	}
	for _, origin := range []string{"https://app.example.com", "chrome-extension://abcdef"} {
		a := preflight(origin)
		require.Equal(t, http.StatusNoContent, a.StatusCode)
		require.Equal(t, origin, a.Header.Get("Access-Control-Allow-Origin"))
		for _, name := range []string{"Authorization", "TimeZone", "User-Agent", "X-Machine-Name"} {
			require.Contains(t, a.Header.Get("Access-Control-Allow-Headers"), name)
		}
		require.Equal(t, "7200", a.Header.Get("Access-Control-Max-Age"))
		a = b.post(capturePath, batch(event(1)), "Origin", origin)
		require.Equal(t, origin, a.Header.Get("Access-Control-Allow-Origin"))
	}
	for _, origin := range []string{"https://evil.example.com", "https://app.example.com.evil.net", "moz-extension://abcdef", "null"} {
		require.Empty(t, preflight(origin).Header.Get("Access-Control-Allow-Origin"), origin)
	}
	require.Empty(t, setup(t).send(http.MethodOptions, capturePath, "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST").
		Header.Get("Access-Control-Allow-Origin"))
}

// TestAnOriginThatNoPageHasIsRefused has what would be taken and allow nobody: a star stands for all, or for all hosts of a scheme.
func TestAnOriginThatNoPageHasIsRefused(t *testing.T) {
	for _, origin := range []string{"https://*.example.com", "https://*:8443", "https://app.example.com#a", "https://ada@app.example.com", "https://app.example.com/"} {
		require.ErrorContains(t, web.Config{Origins: []string{origin}}.Validate(), origin)
	}
	require.NoError(t, web.Config{Origins: []string{"*", "chrome-extension://*", "https://app.example.com:8443", "moz-extension://5b0c3a5e-0000-4000-8000-000000000001"}}.Validate())
}

// TestAPageMaySendACloudEventInTheBinaryMode asks for the headers that the event has, of which a page may send none that the preflight does not allow.
func TestAPageMaySendACloudEventInTheBinaryMode(t *testing.T) {
	b := setup(t, func(c *web.Config, _ *web.Deps) { c.Origins = []string{"https://app.example.com"} })
	a := b.send(http.MethodOptions, cloudevents, "", "Origin", "https://app.example.com", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,ce-id, CE-Source,ce-specversion,ce-type,ce-my_own,traceparent,x-other")
	allowed := strings.Split(strings.ToLower(a.Header.Get("Access-Control-Allow-Headers")), ", ")
	require.Subset(t, allowed, []string{"authorization", "ce-id", "ce-source", "ce-specversion", "ce-type", "traceparent"})
	require.NotContains(t, allowed, "ce-my_own")
	require.NotContains(t, allowed, "x-other")
}

func TestRequestIDComesBack(t *testing.T) {
	b := setup(t)
	require.Equal(t, "mine-1", b.post(capturePath, batch(event(1)), "X-Request-Id", "mine-1").Header.Get("X-Request-Id"))
	made := b.post(capturePath, batch(event(1)), "X-Request-Id", "not fit for a log").Header.Get("X-Request-Id")
	require.NoError(t, uuid.Validate(made))
	require.Contains(t, b.logs.String(), made)
	require.Contains(t, b.logs.String(), `"route":"`+capturePath+`"`)
}

// intake is an intake of a test's own.
type intake func(ctx context.Context) error

func (f intake) Take(ctx context.Context, r ingest.Request) ([]ingest.Result, error) {
	return f.Capture(ctx, r.Organization, r.Drafts)
}

func (f intake) Capture(ctx context.Context, _ uuid.UUID, drafts []ingest.Draft) ([]ingest.Result, error) {
	return make([]ingest.Result, len(drafts)), f(ctx)
}

func TestErrorsOfTheIntake(t *testing.T) {
	for name, c := range map[string]struct {
		fail   func(ctx context.Context) error
		status int
		retry  string
	}{
		"internal": {func(context.Context) error { return errors.New("secret") }, http.StatusInternalServerError, ""},
		"panic":    {func(context.Context) error { panic("secret") }, http.StatusInternalServerError, ""},
		"exhausted": {func(context.Context) error {
			return fault.New(fault.Exhausted, "QUOTA", "no").RetryAfter(1500 * time.Millisecond)
		}, http.StatusTooManyRequests, "2"},
		"unavailable": {func(context.Context) error { return fault.New(fault.Unavailable, "AWAY", "no") }, http.StatusServiceUnavailable, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, func(_ *web.Config, d *web.Deps) { d.Intake = intake(c.fail) })
			a := b.post(capturePath, batch(event(1)))
			require.Equal(t, c.status, a.StatusCode)
			require.Equal(t, c.retry, a.Header.Get("Retry-After"))
			require.NotContains(t, a.body, "secret")
			if c.status == http.StatusInternalServerError {
				require.Contains(t, b.logs.String(), "secret")
			}
		})
	}
}

func TestRequestsInFlightEndBeforeTheDoorDoes(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	cfg := web.Config{Address: "127.0.0.1:0", GracePeriod: 20 * time.Second}
	var deps web.Deps
	setup(t, func(_ *web.Config, d *web.Deps) { deps = *d })
	deps.Registry = newRegistry()
	deps.Intake = intake(func(context.Context) error {
		close(arrived)
		<-leave
		return nil
	})
	door, err := web.New(cfg, deps)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- door.Run(ctx) }()
	<-door.Listening()
	b := &bundle{t: t, client: &http.Client{}, url: "http://" + door.Addr().String()}
	defer b.client.CloseIdleConnections()
	answered := make(chan answer, 1)
	go func() { answered <- b.post(capturePath, batch(event(1))) }()
	<-arrived
	stop()
	require.Eventually(t, func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", door.Addr().String())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 10*time.Second, 5*time.Millisecond, "a stopping door takes no new connection")
	close(leave)
	require.Equal(t, http.StatusOK, (<-answered).StatusCode)
	require.NoError(t, <-done)
}

func TestADoorThatIsOffOpensNothing(t *testing.T) {
	var deps web.Deps
	setup(t, func(_ *web.Config, d *web.Deps) { deps = *d })
	deps.Registry = newRegistry()
	door, err := web.New(web.Config{Address: web.Off}, deps)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- door.Run(ctx) }()
	stop()
	require.NoError(t, <-done)
	require.Nil(t, door.Addr())
}
