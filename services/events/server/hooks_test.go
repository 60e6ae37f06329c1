package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/corpus"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/hook"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/rpc"
	"devtrail.dev/services/events/internal/web"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

const (
	hookOrganization = "5d0c3a5e-0000-4000-8000-000000000001"
	hookSecret       = "It's a Secret to Everybody"
)

// hookFixture is the HTTP door with a webhook a provider, before a store on a real engine.
type hookFixture struct {
	*testing.T

	store    events.Store
	identity *identitytest.Service
	url      string
}

func setupHooks(t *testing.T, cfg Config) *hookFixture {
	t.Helper()
	store, _, err := openStore(t.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	f := &hookFixture{T: t, store: store}
	var client identityv1.DeveloperServiceClient
	f.identity, client = identitytest.Start(t)
	logger := slog.New(slog.DiscardHandler)
	desk := rpc.New(store, client, logger, time.Now)
	var hooks []map[string]string
	for _, provider := range []string{"bitbucket", "gitea", "github", "gitlab"} {
		hooks = append(hooks, map[string]string{"id": provider, "organization": hookOrganization, "provider": provider, "secret": hookSecret})
	}
	content, err := json.Marshal(hooks)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "hooks.json")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	registry := prometheus.NewRegistry()
	handler, err := openHooks(file, hook.Deps{Intake: desk.Intake, Logger: logger, Now: time.Now, Registry: registry})
	require.NoError(t, err)
	door, err := web.New(web.Config{}, web.Deps{Hooks: handler, Intake: desk.Intake, Logger: logger, Now: time.Now, Registry: registry, Verifier: servetest.Verifier{}})
	require.NoError(t, err)
	server := httptest.NewServer(door)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
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

// stored lists the events of the organization by their ids.
func (f *hookFixture) stored() map[uuid.UUID]events.Event {
	f.Helper()
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

// engines are the settings of a store on each engine.
func hookEngines(t *testing.T) map[string]Config {
	t.Helper()
	return map[string]Config{
		storeClickHouse: {Store: storeClickHouse, ClickHouseURL: dbtest.ClickHouse(t, eventsmigrations.ClickHouse())},
		storePostgres:   {Store: storePostgres, PostgresURL: dbtest.Postgres(t, eventsmigrations.Postgres())},
	}
}

func TestAWebhookIsVerifiedAndCountsOnce(t *testing.T) {
	const body = `{"ref": "refs/heads/main", "before": "1111111111111111111111111111111111111111", "after": "2222222222222222222222222222222222222222",
		"repository": {"html_url": "https://github.com/Example/Shop", "pushed_at": 1777629600}, "sender": {"login": "ada", "id": 1815, "type": "User"},
		"commits": [{"id": "2222222222222222222222222222222222222222", "timestamp": "2026-05-01T11:30:00+02:00", "message": "Fix it", "author": {"name": "Grace", "email": "Grace@example.org"}, "modified": ["go.sum"]}]}`
	for engine, cfg := range hookEngines(t) {
		t.Run(engine, func(t *testing.T) {
			f := setupHooks(t, cfg)
			ada := uuid.NewString()
			f.identity.Link(hookOrganization, &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT, Value: "1815"}, ada)
			status, _ := f.deliver("github", "push", "d1", "guess", []byte(body))
			require.Equal(t, http.StatusUnauthorized, status)
			require.Empty(t, f.stored())
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

// payload is a delivery of the corpus.
type payload struct {
	provider, event, path string
	body                  []byte
}

// corpusEvents are the kinds of deliveries of the files whose names do not tell them.
var corpusEvents = map[string]string{
	"bitbucket/pull-request-created.json": "pullrequest:created", "bitbucket/pull-request-merged.json": "pullrequest:fulfilled", "bitbucket/pull-request-updated.json": "pullrequest:updated",
	"bitbucket/repo-push.json": "repo:push", "gitea/create-event.json": "create", "gitea/delete-event.json": "delete", "gitea/pull-request-event.json": "pull_request",
	"gitea/push-event.json": "push", "gitea/release-event.json": "release", "gitlab/merge-request-event.json": "Merge Request Hook", "gitlab/push-event.json": "Push Hook",
	"gitlab/release-event.json": "Release Hook", "gitlab/system-push-event.json": "System Hook", "gitlab/system-tag-event.json": "System Hook", "gitlab/tag-event.json": "Tag Push Hook",
}

func corpusPayloads(t *testing.T) []payload {
	t.Helper()
	root := corpus.Path(t, "webhooks")
	var all []payload
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		p := payload{path: filepath.ToSlash(rel)}
		parts := strings.Split(p.path, "/")
		p.provider, p.event = parts[0], corpusEvents[p.path]
		if p.provider == "github" {
			p.event = parts[1]
		}
		if p.event == "" {
			return fmt.Errorf("%s: what kind of delivery it is has to stand in corpusEvents", p.path)
		}
		p.body, err = os.ReadFile(path)
		all = append(all, p)
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// expected is what a delivery of the corpus must say, in the order of the events' names: name, actor, project, time. An empty time is that of arrival.
func expected(t *testing.T, p payload) []string {
	t.Helper()
	if list, ok := corpusFacts[p.path]; ok {
		return list
	}
	var body struct {
		Action      string
		PullRequest struct {
			CreatedAt string `json:"created_at"`
			UpdatedAt string `json:"updated_at"`
			ClosedAt  string `json:"closed_at"`
		} `json:"pull_request"`
		Release struct {
			CreatedAt   string `json:"created_at"`
			PublishedAt string `json:"published_at"`
		}
	}
	require.NoError(t, json.Unmarshal(p.body, &body))
	const by = " 2:21031067 github.com/codertocat/hello-world "
	switch p.event {
	case "pull_request":
		name, at := body.Action, body.PullRequest.UpdatedAt
		switch name {
		case "closed":
			at = body.PullRequest.ClosedAt
		case "opened":
			at = body.PullRequest.CreatedAt
		case "synchronize":
			name = "synchronized"
		}
		return []string{"pull_request." + name + by + at}
	case "release":
		at := body.Release.CreatedAt
		switch body.Action {
		case "deleted":
			at = ""
		case "published":
			at = body.Release.PublishedAt
		}
		return []string{"release." + body.Action + by + at}
	}
	t.Fatalf("%s: nothing says what is expected", p.path)
	return nil
}

const (
	tagGone   = " 2:21031067 github.com/codertocat/hello-world 2019-05-15T15:20:57Z"
	newCommit = "commit.authored 1:21031067+codertocat@users.noreply.github.com github.com/codertocat/hello-world 2019-05-15T15:19:25Z"
	emma      = " 4:a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3 bitbucket.org/team_name/repo_name "
	example   = " 5:localhost/example localhost/example/example "
)

var corpusFacts = map[string][]string{
	"bitbucket/pull-request-created.json": {"pull_request.opened" + emma + "2015-04-06T15:23:38.179678Z"},
	"bitbucket/pull-request-merged.json":  {"pull_request.merged" + emma + "2015-04-06T15:23:38.205705Z"},
	"bitbucket/pull-request-updated.json": {"pull_request.edited" + emma + "2015-04-06T15:23:38.205705Z"},
	"bitbucket/repo-push.json":            {"branch.pushed" + emma, "commit.authored" + emma},
	"gitea/create-event.json":             {"branch.created" + example},
	"gitea/delete-event.json":             {"branch.deleted" + example},
	"gitea/pull-request-event.json":       {"pull_request.opened 5:localhost/example2 localhost/example/example 2022-03-09T07:31:06Z"},
	"gitea/push-event.json":               {"branch.created" + example, "branch.pushed" + example, "commit.authored 1:example@example.com localhost/example/example 2022-03-09T07:23:39Z"},
	"gitea/release-event.json":            {"release.published" + example + "2022-03-09T07:25:04Z"},
	"gitlab/merge-request-event.json":     {"pull_request.opened 3:example.com/1 example.com/gitlabhq/gitlab-test 2013-12-03T17:23:34Z"},
	"gitlab/push-event.json": {
		"branch.pushed 3:example.com/4 example.com/mike/diaspora ",
		"commit.authored 1:gitlabdev@dv6700.(none) example.com/mike/diaspora 2012-01-03T21:36:29Z", "commit.authored 1:jordi@softcatala.org example.com/mike/diaspora 2011-12-12T12:27:31Z",
	},
	"gitlab/release-event.json":     {"release.published 0: example.com/gitlab-org/release-webhook-example 2020-11-02T12:55:12Z"},
	"gitlab/system-push-event.json": {"branch.pushed 3:example.com/4 example.com/mike/diaspora ", "commit.authored 1:user@example.com example.com/mike/diaspora 2013-05-13T18:18:08Z"},
	"gitlab/system-tag-event.json":  {"tag.created 3:example.com/1 example.com/jsmith/example ", "tag.pushed 3:example.com/1 example.com/jsmith/example "},
	"gitlab/tag-event.json":         {"tag.created 3:example.com/1 example.com/jsmith/example ", "tag.pushed 3:example.com/1 example.com/jsmith/example "},

	"github/package/published.docker.payload.json":        {"package.published 2:21031067 github.com/codertocat/hello-world-npm 2019-05-09T23:28:29Z pkg:docker/codertocat/hello-world@sha256:3da1996a8115d7616457760d9920b815241d0a03b34cf5f04e9a0e9d8de37498?repository_url=ghcr.io"},
	"github/package/published.npm.payload.json":           {"package.published 2:21031067 github.com/codertocat/hello-world-npm 2019-05-09T23:28:30Z pkg:npm/%40codertocat/hello-world-npm@1.0.0?repository_url=https:%2F%2Fnpm.pkg.github.com"},
	"github/ping/payload.json":                            {"webhook.pinged 2:21031067 github.com/octocoders/hello-world "},
	"github/ping/with-app_id.payload.json":                {"webhook.pinged 2:21031067 github.com/octocoders/hello-world "},
	"github/ping/with-organization.payload.json":          {"webhook.pinged 2:21031067  "},
	"github/push/1.payload.json":                          {"tag.deleted" + tagGone, "tag.pushed" + tagGone},
	"github/push/payload.json":                            {"tag.deleted" + tagGone, "tag.pushed" + tagGone},
	"github/push/with-installation.payload.json":          {"tag.deleted" + tagGone, "tag.pushed" + tagGone},
	"github/push/with-organization.payload.json":          {"tag.deleted" + tagGone, "tag.pushed" + tagGone},
	"github/push/with-new-branch.payload.json":            {"branch.created" + tagGone, "branch.pushed" + tagGone, newCommit},
	"github/push/with-no-username-committer.payload.json": {"branch.created" + tagGone, "branch.pushed" + tagGone, newCommit},
}
