package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/people"
	"devtrail.dev/services/events/internal/web"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const (
	acme  = "5d0c3a5e-0000-4000-8000-000000000001"
	other = "5d0c3a5e-0000-4000-8000-000000000002"

	capturePath = "/devtrail.events.v1.IngestService/CaptureEvents"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// logs gathers what the door writes to its log.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bundle is the door on a memory store, over real HTTP, with its identity service.
type bundle struct {
	t        *testing.T
	client   *http.Client
	identity *identitytest.Service
	logs     *logs
	store    events.Store
	url      string
}

// setup opens a door; change may change what it is made of.
func setup(t *testing.T, change ...func(*web.Config, *web.Deps)) *bundle {
	t.Helper()
	service, client := identitytest.Start(t)
	store := memory.New(time.Now)
	b := &bundle{t: t, client: &http.Client{}, identity: service, logs: &logs{}, store: store}
	logger := slog.New(slog.NewJSONHandler(b.logs, nil))
	now := func() time.Time { return noon }
	cfg := web.Config{Address: "127.0.0.1:0", GracePeriod: 2 * time.Second}
	deps := web.Deps{
		Health: func(context.Context) error { return nil },
		Intake: ingest.New(store, people.NewDirectory(client, store), logger, now), Logger: logger, Now: now, Registry: prometheus.NewRegistry(),
		Verifier: servetest.Verifier{
			"ingest":   {OrganizationID: acme, Role: accessv1.Role_ROLE_INGEST, CredentialID: "1"},
			"analyst":  {OrganizationID: acme, Role: accessv1.Role_ROLE_ANALYST, CredentialID: "2"},
			"operator": {Role: accessv1.Role_ROLE_OPERATOR, CredentialID: "3"},
		},
	}
	for _, f := range change {
		f(&cfg, &deps)
	}
	door, err := web.New(cfg, deps)
	require.NoError(t, err)
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- door.Serve(ctx, lis) }()
	<-door.Listening()
	b.url = "http://" + door.Addr().String()
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		stop()
		require.NoError(t, <-done)
	})
	return b
}

// answer is an HTTP answer that was read.
type answer struct {
	*http.Response

	body string
}

// send sends a request; headers are pairs of name and value.
func (b *bundle) send(method, path, body string, headers ...string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	return answer{res, string(text)}
}

// post sends JSON with the ingest key.
func (b *bundle) post(path, body string, headers ...string) answer {
	b.t.Helper()
	return b.send(http.MethodPost, path, body, append([]string{"Authorization", "Bearer ingest", "Content-Type", "application/json"}, headers...)...)
}

// problem reads the body of an error.
func (a answer) problem(t *testing.T) web.Problem {
	t.Helper()
	var p web.Problem
	require.NoErrorf(t, json.Unmarshal([]byte(a.body), &p), "%d %s", a.StatusCode, a.body)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	return p
}

// stored lists the events of an organization, newest first.
func (b *bundle) stored(organization string) []events.Event {
	b.t.Helper()
	list, err := b.store.List(b.t.Context(), uuid.MustParse(organization), events.ListQuery{Range: events.Range{Start: events.MinTime, End: events.MaxTime}, Limit: 1000})
	require.NoError(b.t, err)
	return list
}

func newRegistry() *prometheus.Registry { return prometheus.NewRegistry() }
