package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/bitbucket"
	"devtrail.dev/services/events/internal/source/gitea"
	"devtrail.dev/services/events/internal/source/github"
	"devtrail.dev/services/events/internal/source/gitlab"
)

// TestTheCorpusOfWebhooks delivers every payload through the HTTP door, the log and a real store: signed badly, signed well, and once more.
func TestTheCorpusOfWebhooks(t *testing.T) {
	payloads := corpusPayloads(t)
	for engine, settings := range hookEngines(t) {
		t.Run(engine, func(t *testing.T) {
			f := setupHooks(t, settings)
			codertocat := uuid.NewString()
			f.identity.Link(hookOrganization, &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GITHUB_ACCOUNT, Value: "21031067"}, codertocat)
			told := map[string][]uuid.UUID{}
			count := 0
			for _, p := range payloads {
				status, _ := f.deliver(p.provider, p.event, p.path, "another secret", p.body)
				require.Equal(t, http.StatusUnauthorized, status, p.path)
				told[p.path] = p.ids(t)
				want := len(told[p.path])
				status, receipt := f.deliver(p.provider, p.event, p.path, hookSecret, p.body)
				require.Equal(t, http.StatusAccepted, status, p.path)
				require.NotEqual(t, "unreadable", receipt.Status, p.path)
				require.Equal(t, want, receipt.Events, p.path)
				require.Equal(t, want, receipt.Stored+receipt.Duplicates, p.path)
				count += receipt.Stored
				status, receipt = f.deliver(p.provider, p.event, p.path, hookSecret, p.body)
				require.Equal(t, http.StatusAccepted, status, p.path)
				require.Equal(t, want, receipt.Duplicates, "%s: the same delivery counts once", p.path)
			}
			stored := f.stored()
			require.Len(t, stored, count, "each event is stored once, and refused deliveries left none")
			for _, p := range payloads {
				var got []string
				for _, id := range told[p.path] {
					e := stored[id]
					got = append(got, fact(e))
					require.Contains(t, e.Properties, `"original":{`, p.path)
					if e.Actor.Kind == 2 {
						require.Equal(t, codertocat, e.DeveloperID.String(), p.path)
					}
				}
				slices.Sort(got)
				if want, known := expected(t, p); known {
					require.Equal(t, want, got, p.path)
				}
			}
		})
	}
}

// fact is what an event says: name, actor, project, time unless it is that of arrival, packages.
func fact(e events.Event) string {
	at := ""
	if time.Since(e.OccurredAt) > time.Hour {
		at = e.OccurredAt.Format(time.RFC3339Nano)
	}
	text := fmt.Sprintf("%s %d:%s %s %s", e.Name, e.Actor.Kind, e.Actor.Value, e.Project, at)
	if len(e.Packages) > 0 {
		text += " " + strings.Join(e.Packages, " ")
	}
	return text
}

// payload is a delivery of the corpus.
type payload struct {
	provider, event, path string
	body                  []byte
}

// ids are the ids of the delivery's events, in their order.
func (p payload) ids(t *testing.T) []uuid.UUID {
	t.Helper()
	translate := map[string]func(source.Delivery) ([]ingest.Draft, error){"bitbucket": bitbucket.Translate, "gitea": gitea.Translate, "github": github.Translate, "gitlab": gitlab.Translate}[p.provider]
	key := p.path
	if p.provider == "gitea" { // each of its requests has an id of its own
		sum := sha256.Sum256(p.body)
		key = "sha256:" + hex.EncodeToString(sum[:])
	}
	drafts, err := translate(source.Delivery{Key: key, Event: p.event, Body: p.body})
	require.NoError(t, err, p.path)
	ids := make([]uuid.UUID, len(drafts))
	for i, d := range drafts {
		ids[i] = d.Event.ID
	}
	return ids
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
		if name := strings.TrimSuffix(parts[len(parts)-1], ".json"); p.event == "" && p.provider == "gitea" {
			p.event = strings.ReplaceAll(strings.TrimSuffix(name, "-event"), "-", "_")
		} else if p.event == "" && p.provider == "bitbucket" {
			p.event = strings.ReplaceAll(strings.Replace(strings.Replace(name, "pull-request", "pullrequest", 1), "-", ":", 1), "-", "_")
		}
		p.body, err = os.ReadFile(path)
		all = append(all, p)
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// expected is what a delivery of the corpus must say, in the order of the events' names: name, actor, project, time. An empty time is that of arrival.
// Of a payload that is not known it says so.
func expected(t *testing.T, p payload) (facts []string, known bool) {
	t.Helper()
	if list, ok := corpusFacts[p.path]; ok {
		return list, true
	}
	var body struct {
		Action      string
		PullRequest struct {
			CreatedAt string `json:"created_at"`
			UpdatedAt string `json:"updated_at"`
			ClosedAt  string `json:"closed_at"`
			Merged    bool
		} `json:"pull_request"`
		Release struct {
			PublishedAt string `json:"published_at"`
			UpdatedAt   string `json:"updated_at"`
		}
		Repository struct {
			FullName string `json:"full_name"`
		}
		Sender struct {
			ID int64
		}
	}
	require.NoError(t, json.Unmarshal(p.body, &body))
	if body.Repository.FullName != "Codertocat/Hello-World" || body.Sender.ID != 21031067 || body.PullRequest.Merged || body.Release.UpdatedAt != "" {
		return nil, false
	}
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
		return []string{"pull_request." + name + by + at}, true
	case "release":
		at := body.Release.PublishedAt
		switch body.Action {
		case "deleted", "edited", "unpublished":
			at = ""
		}
		return []string{"release." + body.Action + by + at}, true
	}
	return nil, false
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
