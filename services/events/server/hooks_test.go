package server

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/hook"
	"devtrail.dev/services/events/internal/identitytest"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

const (
	hookOrganization = "5d0c3a5e-0000-4000-8000-000000000001"
	hookSecret       = "It's a Secret to Everybody"
)

// hookFixture is the service as it runs, with a webhook a provider, a log, and a store on a real engine.
type hookFixture struct {
	*testing.T

	store    events.Store // the same database, read past the service
	identity *identitytest.Service
	url      string
	stop     func() // ends the service, when it has stored everything
}

func setupHooks(t *testing.T, settings map[string]string) *hookFixture {
	t.Helper()
	f := &hookFixture{T: t}
	settings["DEVTRAIL_SERVICE_KEY"] = auth.NewToken(auth.PrefixService)
	settings["EVENTS_IDENTITY_ADDRESS"] = f.serveIdentity(settings["DEVTRAIL_SERVICE_KEY"])
	settings["EVENTS_ADDRESS"], settings["EVENTS_DEBUG_ADDRESS"], settings["EVENTS_HTTP_ADDRESS"] = servetest.FreeAddress(t), "127.0.0.1:0", servetest.FreeAddress(t)
	settings["EVENTS_QUEUE_DIR"], settings["EVENTS_HOOKS_FILE"] = t.TempDir(), filepath.Join(t.TempDir(), "hooks.json")
	f.url = "http://" + settings["EVENTS_HTTP_ADDRESS"]
	var hooks []map[string]string
	for _, provider := range []string{"bitbucket", "gitea", "github", "gitlab"} {
		hooks = append(hooks, map[string]string{"id": provider, "organization": hookOrganization, "provider": provider, "secret": hookSecret})
	}
	content, err := json.Marshal(hooks)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(settings["EVENTS_HOOKS_FILE"], content, 0o600))
	getenv := func(name string) string { return settings[name] }
	cfg, err := env.Load(getenv, defaults())
	require.NoError(t, err)
	store, _, err := openStore(t.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	f.store = store
	f.stop = f.run(func(ctx context.Context) error { return Run(ctx, getenv, io.Discard) })
	require.Eventually(t, func() bool { // the two doors open beside each other
		return serve.Probe(t.Context(), settings["EVENTS_ADDRESS"]) == nil && listening(settings["EVENTS_HTTP_ADDRESS"])
	}, 30*time.Second, 20*time.Millisecond)
	return f
}

// serveIdentity serves an identity service over TCP to whom presents the token, and returns its address.
func (f *hookFixture) serveIdentity(token string) string {
	f.Helper()
	f.identity, _ = identitytest.Start(f)
	door, err := serve.New("identity", serve.Config{GracePeriod: time.Second}, serve.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Registry: prometheus.NewRegistry(),
		Verifier: servetest.Verifier{token: {Role: accessv1.Role_ROLE_SERVICE, CredentialID: "events", ServiceName: "events"}},
	})
	require.NoError(f, err)
	identityv1.RegisterDeveloperServiceServer(door.GRPC(), f.identity)
	lis, err := (&net.ListenConfig{}).Listen(f.Context(), "tcp", "127.0.0.1:0")
	require.NoError(f, err)
	f.run(func(ctx context.Context) error { return door.Serve(ctx, lis) })
	return lis.Addr().String()
}

// run runs something until the returned function is called, at the latest when the test ends.
func (f *hookFixture) run(serve func(context.Context) error) (stop func()) {
	f.Helper()
	ctx, end := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	stop = sync.OnceFunc(func() {
		end()
		require.NoError(f, <-done)
	})
	f.Cleanup(stop)
	return stop
}

// deliver sends a body as its provider does and returns the status and the receipt.
func (f *hookFixture) deliver(provider, event, key, secret string, body []byte) (int, hook.Receipt) {
	f.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	sum := hex.EncodeToString(mac.Sum(nil))
	r, err := http.NewRequestWithContext(f.Context(), http.MethodPost, f.url+"/hooks/"+provider+"/"+provider, bytes.NewReader(body))
	require.NoError(f, err)
	r.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]map[string]string{
		"bitbucket": {"X-Event-Key": event, "X-Request-UUID": key, "X-Hub-Signature": "sha256=" + sum},
		"gitea":     {"X-Gitea-Event": event, "X-Gitea-Delivery": key, "X-Gitea-Signature": sum, "X-GitHub-Event": event, "X-Gogs-Event": event},
		"github":    {"X-GitHub-Event": event, "X-GitHub-Delivery": key, "X-Hub-Signature-256": "sha256=" + sum},
		"gitlab":    {"X-Gitlab-Event": event, "Idempotency-Key": key, "X-Gitlab-Token": secret},
	}[provider] {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(f, err)
	defer func() { _ = res.Body.Close() }()
	var receipt hook.Receipt
	if res.StatusCode == http.StatusAccepted {
		require.NoError(f, json.NewDecoder(res.Body).Decode(&receipt))
	}
	http.DefaultClient.CloseIdleConnections()
	return res.StatusCode, receipt
}

// stored ends the service and lists the events of the organization by their ids.
func (f *hookFixture) stored() map[uuid.UUID]events.Event {
	f.Helper()
	f.stop()
	all := map[uuid.UUID]events.Event{}
	query := events.ListQuery{Range: events.AllTime, Limit: 1000}
	for {
		list, err := f.store.List(f.Context(), uuid.MustParse(hookOrganization), query)
		require.NoError(f, err)
		for _, e := range list {
			all[e.ID] = e
		}
		if len(list) < query.Limit {
			return all
		}
		last := list[len(list)-1]
		query.After = &events.Position{OccurredAt: last.OccurredAt, ID: last.ID}
	}
}

// hookEngines are the settings of a store on each engine.
func hookEngines(t *testing.T) map[string]map[string]string {
	t.Helper()
	return map[string]map[string]string{
		storeClickHouse: {"EVENTS_STORE": storeClickHouse, "EVENTS_CLICKHOUSE_URL": dbtest.ClickHouse(t, eventsmigrations.ClickHouse())},
		storePostgres:   {"EVENTS_STORE": storePostgres, "EVENTS_POSTGRES_URL": dbtest.Postgres(t, eventsmigrations.Postgres())},
	}
}

func TestAWebhookIsVerifiedAndCountsOnce(t *testing.T) {
	const body = `{"ref": "refs/heads/main", "before": "1111111111111111111111111111111111111111", "after": "2222222222222222222222222222222222222222",
		"repository": {"html_url": "https://github.com/Example/Shop", "pushed_at": 1777629600}, "sender": {"login": "ada", "id": 1815, "type": "User"},
		"commits": [{"id": "2222222222222222222222222222222222222222", "timestamp": "2026-05-01T11:30:00+02:00", "message": "Fix it", "author": {"name": "Grace", "email": "Grace@example.org"}, "modified": ["go.sum"]}]}`
	for engine, settings := range hookEngines(t) {
		t.Run(engine, func(t *testing.T) {
			f := setupHooks(t, settings)
			ada := uuid.NewString()
			f.identity.Link(hookOrganization, &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT, Value: "1815"}, ada)
			status, _ := f.deliver("github", "push", "d1", "guess", []byte(body))
			require.Equal(t, http.StatusUnauthorized, status)
			status, receipt := f.deliver("github", "push", "d1", hookSecret, []byte(body))
			require.Equal(t, http.StatusAccepted, status)
			require.Equal(t, hook.Receipt{Status: "stored", Events: 2, Stored: 2}, receipt)
			status, receipt = f.deliver("github", "push", "d1", hookSecret, []byte(body))
			require.Equal(t, http.StatusAccepted, status)
			require.Equal(t, hook.Receipt{Status: "duplicate", Events: 2, Duplicates: 2}, receipt)
			found := map[string]events.Event{}
			for _, e := range f.stored() {
				found[e.Name] = e
			}
			require.Len(t, found, 2)
			push, commit := found["branch.pushed"], found["commit.authored"]
			require.Equal(t, ada, push.DeveloperID.String())
			require.Equal(t, "1815", push.Actor.Value)
			require.Equal(t, time.Unix(1777629600, 0).UTC(), push.OccurredAt)
			require.Equal(t, "github.com/example/shop", push.Project)
			require.Equal(t, "grace@example.org", commit.Actor.Value)
			require.NotEqual(t, push.DeveloperID, commit.DeveloperID)
			require.Equal(t, time.Date(2026, 5, 1, 9, 30, 0, 0, time.UTC), commit.OccurredAt)
			require.Contains(t, commit.Properties, `"manifests":["go.sum"]`)
		})
	}
}

func TestAHooksFileWithoutSecretsStopsTheStart(t *testing.T) {
	handler, err := openHooks("", hook.Deps{})
	require.NoError(t, err)
	require.Nil(t, handler)
	file := filepath.Join(t.TempDir(), "hooks.json")
	require.NoError(t, os.WriteFile(file, []byte(`[{"id": "shop", "organization": "`+hookOrganization+`", "provider": "github"}]`), 0o600))
	settings := map[string]string{
		"EVENTS_STORE": "postgres", "EVENTS_POSTGRES_URL": "postgres://127.0.0.1:1/analytics", "EVENTS_ADDRESS": "127.0.0.1:0", "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0",
		"EVENTS_HTTP_ADDRESS": "127.0.0.1:0", "EVENTS_HOOKS_FILE": file, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService),
	}
	err = Run(t.Context(), func(name string) string { return settings[name] }, io.Discard)
	require.ErrorContains(t, err, `id "shop": it has no secret`)
}
