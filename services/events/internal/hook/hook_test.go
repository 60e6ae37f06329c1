package hook_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
)

const star = `{"action": "created", "starred_at": "2026-05-01T04:00:00Z", "repository": {"html_url": "https://github.com/example/shop"}, "sender": {"login": "ada", "id": 1815}}`

// github delivers a signed body as GitHub does.
func (f *fixture) github(event, delivery, body string) (status int, header http.Header, text string) {
	f.Helper()
	w := f.post("/hooks/github/github", body, "X-GitHub-Event", event, "X-GitHub-Delivery", delivery, "X-Hub-Signature-256", "sha256="+sum(secret, body))
	return w.Code, w.Header(), w.Body.String()
}

func TestADeliveryCountsOnce(t *testing.T) {
	f := setup(t)
	status, _, text := f.github("star", "d1", star)
	require.Equal(t, http.StatusAccepted, status)
	require.JSONEq(t, `{"status": "stored", "events": 1, "stored": 1, "duplicates": 0, "rejected": 0}`, text)
	_, _, text = f.github("star", "d1", star)
	require.JSONEq(t, `{"status": "duplicate", "events": 1, "stored": 0, "duplicates": 1, "rejected": 0}`, text)
	_, _, text = f.github("star", "d2", star)
	require.JSONEq(t, `{"status": "stored", "events": 1, "stored": 1, "duplicates": 0, "rejected": 0}`, text)
	require.Equal(t, []string{"repository.starred", "repository.starred"}, f.intake.names())
	require.InDelta(t, 2, f.count("devtrail_hook_deliveries_total", "stored", "github"), 0)
	require.InDelta(t, 1, f.count("devtrail_hook_deliveries_total", "duplicate", "github"), 0)
	require.InDelta(t, 1, f.count("devtrail_hook_events_total", "duplicate", "github"), 0)
}

func TestWithoutAKeyTheBodyTellsDeliveriesApart(t *testing.T) {
	f := setup(t)
	for range 2 {
		_, _, _ = f.github("star", "", star)
	}
	require.Len(t, f.intake.names(), 1)
	_, _, _ = f.github("star", "", star+" ")
	require.Len(t, f.intake.names(), 2)
}

func TestGitLabsKeys(t *testing.T) {
	f := setup(t)
	issue := func(title string, headers ...string) int {
		body := `{"object_kind": "issue", "user": {"id": 51}, "project": {"web_url": "https://gitlab.com/example/shop"}, "object_attributes": {"iid": 1, "action": "open", "title": "` + title + `"}}`
		return f.receipt(f.post("/hooks/gitlab/gitlab", body, append(headers, "X-Gitlab-Token", secret)...)).Stored
	}
	require.Equal(t, 1, issue("a", "Idempotency-Key", "k1", "X-Gitlab-Event-UUID", "e1"))
	require.Equal(t, 0, issue("a", "Idempotency-Key", "k1", "X-Gitlab-Event-UUID", "e2"), "sent again")
	require.Equal(t, 1, issue("a", "Idempotency-Key", "k2", "X-Gitlab-Event-UUID", "e1"), "another delivery")
	require.Equal(t, 1, issue("a", "X-Gitlab-Event-UUID", "e1"))
	require.Equal(t, 0, issue("a", "X-Gitlab-Event-UUID", "e1"))
	require.Equal(t, 1, issue("b", "X-Gitlab-Event-UUID", "e1"), "another delivery that the same event led to")
}

func TestTheGiteaFamilyNamesEveryRequestAnew(t *testing.T) {
	f := setup(t)
	body := `{"action": "opened", "number": 1, "pull_request": {"number": 1, "created_at": "2026-05-01T10:00:00Z"}, "repository": {"clone_url": "https://git.example.org/team/shop.git"}, "sender": {"login": "ada"}}`
	for path, product := range map[string]string{"forgejo": "Forgejo", "gitea": "Gitea", "gogs": "Gogs"} {
		opened := func(body, key string) int {
			return f.receipt(f.post("/hooks/"+path+"/"+path, body, "X-"+product+"-Event", "pull_request", "X-"+product+"-Delivery", key, "X-"+product+"-Signature", sum(secret, body))).Stored
		}
		require.Equal(t, 1, opened(body, "u1"), path)
		require.Equal(t, 0, opened(body, "u2"), "%s: replayed, or sent by a second hook", path)
		require.Equal(t, 1, opened(strings.Replace(body, `"number": 1`, `"number": 2`, 1), "u1"), "%s: another event", path)
	}
}

// TestAPageOfAWikiThatChangesAgainIsAnotherEvent has what no message of the family says: when the page was changed.
func TestAPageOfAWikiThatChangesAgainIsAnotherEvent(t *testing.T) {
	f := setup(t)
	body := `{"action": "edited", "repository": {"clone_url": "https://git.example.org/team/shop.git", "updated_at": "2026-05-01T10:00:00Z"}, "sender": {"login": "ada"}, "page": "Home", "comment": "Update 'Home'"}`
	edited := func(key string) int {
		return f.receipt(f.post("/hooks/gitea/gitea", body, "X-Gitea-Event", "wiki", "X-Gitea-Delivery", key, "X-Gitea-Signature", sum(secret, body))).Stored
	}
	require.Equal(t, 1, edited("u1"))
	require.Equal(t, 0, edited("u1"), "the same delivery")
	require.Equal(t, 1, edited("u2"))
}

// TestTheGiteaFamilyDoesNotNameEveryEvent has what the header of the event leaves empty: packages, and the statuses of Gitea 1.23 (go-gitea/gitea#33244).
func TestTheGiteaFamilyDoesNotNameEveryEvent(t *testing.T) {
	f := setup(t)
	for kind, body := range map[string]string{
		"package": `{"action": "created", "package": {"type": "npm", "name": "basket", "version": "1.2.3", "html_url": "https://git.example.org/team/-/packages/npm/basket/1.2.3"}, "sender": {"login": "ada"}}`,
		"status":  `{"sha": "2222222222222222222222222222222222222222", "state": "success", "repository": {"clone_url": "https://git.example.org/team/shop.git"}, "sender": {"login": "ada"}}`,
	} {
		for path, product := range map[string]string{"forgejo": "Forgejo", "gitea": "Gitea"} {
			w := f.post("/hooks/"+path+"/"+path, body, "X-"+product+"-Event", "", "X-"+product+"-Event-Type", kind, "X-Gogs-Event", "", "X-Gogs-Event-Type", kind, "X-"+product+"-Signature", sum(secret, body))
			require.Equal(t, 1, f.receipt(w).Stored, "%s of %s", kind, product)
		}
	}
	require.ElementsMatch(t, []string{"commit_status.reported", "commit_status.reported", "package.published", "package.published"}, f.intake.names())
}

func TestLogsNameADeliveryAsItsSenderDoes(t *testing.T) {
	f := setup(t)
	var log strings.Builder
	f.logTo(&log)
	w := f.post("/hooks/gitea/gitea", "[]", "X-Gitea-Event", "push", "X-Gitea-Delivery", "u1", "X-Gitea-Signature", sum(secret, "[]"))
	require.Contains(t, w.Body.String(), "unreadable")
	require.Contains(t, log.String(), "delivery=u1")
	_, _, _ = f.github("star", "d1", "[]")
	require.Contains(t, log.String(), "delivery=d1")
}

func TestASignedDeliveryOfGitLabIsKnownByWhatIsSigned(t *testing.T) {
	f := setup(t)
	body := `{"object_kind": "issue", "user": {"id": 51}, "project": {"web_url": "https://gitlab.com/example/shop"}, "object_attributes": {"iid": 1, "action": "open"}}`
	at := f.clock()
	deliver := func(id, idempotency string) int {
		return f.receipt(f.post("/hooks/gitlab/gitlab", body, "Idempotency-Key", idempotency, "webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10),
			"webhook-signature", standard([]byte(secret), id, at, body))).Stored
	}
	require.Equal(t, 1, deliver("m1", "m1"))
	require.Equal(t, 0, deliver("m1", "anything"), "a header that is not signed was changed")
	require.Equal(t, 1, deliver("m2", "m1"))
}

func TestABitbucketPushCountsOncePerRequest(t *testing.T) {
	f := setup(t)
	body := `{"actor": {"uuid": "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}"}, "repository": {"uuid": "{673a6070-3421-46c9-9d48-90745f7bfe8e}", "full_name": "team/shop"},
		"push": {"changes": [{"old": null, "new": {"type": "branch", "name": "main", "target": {"hash": "2222222222222222222222222222222222222222"}}, "commits": [{"hash": "2222222222222222222222222222222222222222"}]}]}}`
	push := func(key, attempt string) int {
		r := f.receipt(f.post("/hooks/bitbucket/bitbucket", body, "X-Event-Key", "repo:push", "X-Request-UUID", key, "X-Attempt-Number", attempt, "X-Hub-Signature", "sha256="+sum(secret, body)))
		require.Equal(t, 3, r.Events)
		return r.Stored
	}
	require.Equal(t, 3, push("u1", "1"))
	require.Equal(t, 0, push("u1", "2"), "tried again")
	require.Equal(t, 2, push("u2", "1"), "after a rollback: another push, of a commit that is known")
	require.Equal(t, 2, push("", ""))
	require.Equal(t, 0, push("", ""), "without a key the body tells")
}

func TestAVerifiedDeliveryNeverGetsA4xx(t *testing.T) {
	f := setup(t)
	for _, c := range []struct{ event, body, status string }{
		{"star", "no JSON", "unreadable"},
		{"star", "[]", "unreadable"},
		{"star", "null", "unreadable"},
		{"star", `{"action": "photographed"}`, "ignored"},
		{"an_event_of_tomorrow", `{}`, "ignored"},
		{"", `{}`, "ignored"},
		{"push", `{"ref": 5, "commits": {"a": []}, "repository": "none", "sender": [null]}`, "ignored"},
	} {
		status, _, text := f.github(c.event, "d", c.body)
		require.Equal(t, http.StatusAccepted, status, c.body)
		require.Contains(t, text, `"status":"`+c.status+`"`, c.body)
	}
	require.Zero(t, f.intake.calls)
	require.InDelta(t, 1, f.count("devtrail_hook_ignored_total", "github", "an_event_of_tomorrow"), 0)
	require.InDelta(t, 1, f.count("devtrail_hook_ignored_total", "github", "other"), 0)
	require.InDelta(t, 3, f.count("devtrail_hook_deliveries_total", "unreadable", "github"), 0)
	require.InDelta(t, 4, f.count("devtrail_hook_deliveries_total", "ignored", "github"), 0)
}

func TestWhatIsRefused(t *testing.T) {
	f := setup(t)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		reason             string
	}{
		"no such hook":                    {http.MethodPost, "/hooks/github/other", ping, http.StatusNotFound, "HOOK_UNKNOWN"},
		"a hook of another provider":      {http.MethodPost, "/hooks/gitea/github", ping, http.StatusNotFound, "HOOK_UNKNOWN"},
		"no such provider":                {http.MethodPost, "/hooks/sourceforge/github", ping, http.StatusNotFound, "HOOK_UNKNOWN"},
		"no hook":                         {http.MethodPost, "/hooks/github", ping, http.StatusNotFound, "HOOK_UNKNOWN"},
		"too much of a path":              {http.MethodPost, "/hooks/github/github/x", ping, http.StatusNotFound, "HOOK_UNKNOWN"},
		"another method":                  {http.MethodGet, "/hooks/gitea/gitea?payload={}", "", http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED"},
		"an empty body":                   {http.MethodPost, "/hooks/github/github", "", http.StatusBadRequest, "BODY_INVALID"},
		"more than 25 MiB from GitHub":    {http.MethodPost, "/hooks/github/github", strings.Repeat(" ", 25<<20+1), http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE"},
		"more than 25 MiB from GitLab":    {http.MethodPost, "/hooks/gitlab/gitlab", strings.Repeat(" ", 25<<20+1), http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE"},
		"more than 10 MiB from elsewhere": {http.MethodPost, "/hooks/gitea/gitea", strings.Repeat(" ", 10<<20+1), http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := f.send(c.method, c.path, c.body)
			require.Equal(t, c.status, w.Code)
			require.Contains(t, w.Body.String(), `"reason":"`+c.reason+`"`)
		})
	}
	w := f.send(http.MethodPost, "/hooks/gitea/gitea", strings.Repeat(" ", 10<<20+1))
	require.Contains(t, w.Body.String(), "10485761 bytes, at most 10485760")
	require.Zero(t, f.intake.calls)
}

func TestAPushOfManyCommitsGoesInPortions(t *testing.T) {
	f := setup(t)
	var commits strings.Builder
	for i := range 2048 {
		fmt.Fprintf(&commits, `{"id": "%040x", "message": "Fix it", "timestamp": "2026-05-01T11:30:00+02:00", "author": {"email": "ada@example.org"}},`, i+1)
	}
	body := `{"ref": "refs/heads/main", "before": "1111111111111111111111111111111111111111", "after": "2222222222222222222222222222222222222222", "repository": {"html_url": "https://github.com/example/shop"},
		"sender": {"id": 1815}, "commits": [` + strings.TrimSuffix(commits.String(), ",") + `]}`
	_, _, text := f.github("push", "d1", body)
	require.JSONEq(t, `{"status": "stored", "events": 2049, "stored": 2049, "duplicates": 0, "rejected": 0}`, text)
	require.Equal(t, 3, f.intake.calls)
	_, _, text = f.github("push", "d1", body)
	require.JSONEq(t, `{"status": "duplicate", "events": 2049, "stored": 0, "duplicates": 2049, "rejected": 0}`, text)
}

func TestAnEventIsNotLostForItsActor(t *testing.T) {
	f := setup(t)
	f.intake.answer = func(d ingest.Draft) (ingest.Result, bool) {
		if d.Event.Actor.Known() {
			return ingest.Result{Status: ingest.Rejected, Err: events.ErrIdentityInvalid.Field("actor.value")}, true
		}
		return ingest.Result{}, false
	}
	_, _, text := f.github("star", "d1", star)
	require.Contains(t, text, `"status":"stored"`)
	require.Len(t, f.intake.names(), 1)
	f.intake.answer = func(ingest.Draft) (ingest.Result, bool) {
		return ingest.Result{Status: ingest.Rejected, Err: events.ErrTextTooLong.Field("project")}, true
	}
	_, _, text = f.github("star", "d2", star)
	require.JSONEq(t, `{"status": "rejected", "events": 1, "stored": 0, "duplicates": 0, "rejected": 1}`, text)
}

func FuzzDeliver(f *testing.F) {
	f.Add("github", "push", "application/json", []byte(`{"ref": "refs/heads/main", "commits": [{"id": "2222222222222222222222222222222222222222"}]}`), true)
	f.Add("gitlab", "Push Hook", "application/json", []byte(`{"object_kind": "push", "ref": "refs/heads/main", "project": {"web_url": "https://gitlab.com/a/b"}}`), true)
	f.Add("bitbucket", "repo:push", "application/json", []byte(`{"push": {"changes": [{}]}}`), true)
	f.Add("gitea", "push", "application/x-www-form-urlencoded", []byte("payload=%7B%7D"), false)
	f.Fuzz(func(t *testing.T, provider, event, contentType string, body []byte, signed bool) {
		fx := setup(t)
		path := "/hooks/x/x"
		switch provider {
		case "github", "gitlab", "bitbucket", "gitea", "forgejo", "gogs":
			path = "/hooks/" + provider + "/" + provider
		}
		key := secret
		if !signed {
			key = "guess"
		}
		w := fx.post(path, string(body), "Content-Type", contentType, "X-GitHub-Event", event, "X-Event-Key", event, "X-Gitea-Event", event, "X-Hub-Signature-256", "sha256="+sum(key, string(body)),
			"X-Hub-Signature", "sha256="+sum(key, string(body)), "X-Gitlab-Token", key, "X-Gitea-Signature", sum(key, string(body)))
		switch {
		case w.Code == http.StatusAccepted:
			require.True(t, signed)
		case signed && contentType == "":
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, w.Code)
		default:
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnauthorized}, w.Code)
		}
	})
}
