package cloudevents

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/corpus"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/github"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// cdevent is a CDEvent in a CloudEvent.
func cdevent(kind, origin, subject string) string {
	return `{"specversion": "1.0", "id": "1", "type": "dev.cdevents.` + kind + `", "source": "` + origin + `", "data": {
		"context": {"version": "0.4.1", "id": "1", "source": "` + origin + `", "type": "dev.cdevents.` + kind + `", "timestamp": "2026-03-20T14:27:05.315384Z"},
		"subject": ` + subject + `}}`
}

// only is the one draft of a structured event.
func only(t *testing.T, body string) events.Event {
	t.Helper()
	e, err := Structured([]byte(body))
	require.NoError(t, err)
	drafts, _, err := Drafts([]Event{e}, noon)
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.NoError(t, drafts[0].Err)
	canonical, err := drafts[0].Event.Canonical(noon)
	require.NoError(t, err)
	return canonical
}

func TestWhoPulledWhichPackage(t *testing.T) {
	e := only(t, cdevent("artifact.downloaded.0.1.0", "https://nexus.example.com/repo", `{"id": "pkg:npm/%40scope/a@1.0.0?repository_url=nexus.example.com", "content": {"user": "ada"}}`))
	require.Equal(t, "artifact.downloaded", e.Name)
	require.Equal(t, []string{"pkg:npm/%40scope/a@1.0.0?repository_url=nexus.example.com"}, e.Packages)
	require.Equal(t, events.Identity{Kind: source.Login, Value: "nexus.example.com/ada"}, e.Actor)
	require.Equal(t, "nexus.example.com", e.Source.Tool)
	require.Equal(t, time.Date(2026, 3, 20, 14, 27, 5, 315384000, time.UTC), e.OccurredAt)
	require.Contains(t, e.Properties, `"cdevents_version":"0.4.1"`)

	// Within a source without a host a name is the source's own.
	e = only(t, cdevent("artifact.deleted.0.1.0", "/event/source/123", `{"id": "no purl", "content": {"user": "ada"}}`))
	require.Empty(t, e.Packages)
	require.Equal(t, events.Identity{Kind: external, Value: "/event/source/123#ada"}, e.Actor)
	require.Equal(t, "grace@example.com", only(t, cdevent("ticket.created.0.2.0", "s", `{"id": "1", "content": {"creator": "grace@example.com"}}`)).Actor.Value)
}

// TestASourceThatIsNoAddressHasNoHost has sources that are names: what stands before their first colon is nobody's host.
func TestASourceThatIsNoAddressHasNoHost(t *testing.T) {
	for _, name := range []string{"urn:acme:jenkins-a", "urn:other:ci-b", "mailto:ci@example.org", "arn:aws:codebuild:eu-west-1:1:build/a", "urn:a://b"} {
		e := only(t, `{"specversion": "1.0", "id": "1", "type": "t", "source": "`+name+`", "authtype": "user", "authid": "ada"}`)
		require.Equal(t, events.Identity{Kind: external, Value: name + "#ada"}, e.Actor)
		require.Equal(t, name, e.Source.Tool)
	}
	e, err := Structured([]byte(`{"specversion": "1.0", "id": "1", "type": "com.gitlab.push", "source": "urn:acme:gitlab",
		"data": {"object_kind": "push", "ref": "refs/heads/a", "after": "1111111111111111111111111111111111111111", "user_username": "ada", "user_id": 51, "total_commits_count": 0}}`))
	require.NoError(t, err)
	drafts, _, err := Drafts([]Event{e}, noon)
	require.NoError(t, err)
	require.NotEmpty(t, drafts)
	for _, d := range drafts {
		require.NotContains(t, d.Event.Actor.Value, "urn/")
	}
	require.Equal(t, "git.example.org", only(t, `{"specversion": "1.0", "id": "1", "type": "t", "source": "HTTPS://Git.example.org:8443/a"}`).Source.Tool)
}

// TestWhoCreatedASubjectDidNotCloseIt has tickets that name their creator, and not who has changed them.
func TestWhoCreatedASubjectDidNotCloseIt(t *testing.T) {
	ticket := `{"id": "1", "content": {"creator": "grace@example.com", "requestor": "urn:user:grace@example.com"}}`
	for kind, actor := range map[string]string{"ticket.created.0.2.0": "grace@example.com", "approval.created.0.1.0": "grace@example.com", "ticket.updated.0.2.0": "", "ticket.closed.0.2.0": ""} {
		require.Equal(t, actor, only(t, cdevent(kind, "s", ticket)).Actor.Value, kind)
	}
	require.Equal(t, "bob@example.com", only(t, cdevent("ticket.closed.0.2.0", "s", `{"id": "1", "content": {"creator": "grace@example.com", "updatedBy": "bob@example.com"}}`)).Actor.Value)
}

func TestATimeThatNoEventHasIsNamed(t *testing.T) {
	at := func(text string) error {
		_, err := Structured([]byte(`{"specversion": "1.0", "id": "1", "source": "s", "type": "t", "time": "` + text + `"}`))
		return err
	}
	require.ErrorIs(t, at("1969-12-31T23:59:59Z"), ErrAttribute)
	require.ErrorContains(t, at("1969-12-31T23:59:59Z"), `"time" is before 1970`)
	require.NoError(t, at("1970-01-01T01:00:01+01:00"))
	require.NoError(t, at("0001-01-01T00:00:00Z"))
}

func TestPackagesOfOtherSubjects(t *testing.T) {
	e := only(t, cdevent("build.finished.0.2.0", "s", `{"id": "b", "content": {"artifactId": "pkg:oci/myapp@sha256%3A0b31", "outcome": "success"}}`))
	require.Equal(t, []string{"pkg:oci/myapp@sha256:0b31"}, e.Packages)
	e = only(t, cdevent("artifact.published.0.3.0", "s", `{"id": "cdevents:v0:::::artifact:pkg%3Adocker%2Fmyapp%401.0.0", "content": {}}`))
	require.Equal(t, []string{"pkg:docker/myapp@1.0.0"}, e.Packages)
}

// TestABranchIsNamedAsOne has the name where every source puts it, and nowhere else: rules of privacy for branches look there.
func TestABranchIsNamedAsOne(t *testing.T) {
	for _, id := range []string{"own/secret", "cdevents:v0:github::org:repo:branch:own%2Fsecret"} {
		e := only(t, cdevent("branch.created.0.3.0", "https://github.com", `{"id": "`+id+`", "content": {}}`))
		require.Equal(t, "branch.created", e.Name)
		var properties map[string]any
		require.NoError(t, json.Unmarshal([]byte(e.Properties), &properties))
		require.Equal(t, "own/secret", properties["branch"])
		delete(properties, "branch")
		delete(properties, "original")
		require.NotContains(t, fmt.Sprint(properties), "secret")
	}
}

func TestProjects(t *testing.T) {
	for subject, project := range map[string]string{
		`{"id": "7", "content": {"repository": {"id": "Org/Repo", "source": "https://github.com"}}}`:           "github.com/org/repo",
		`{"id": "7", "content": {"owner": "Org", "uri": "https://git.example.org/Org/Repo"}}`:                  "git.example.org/Org/Repo",
		`{"id": "cdevents:v0:gitlab::my-company:platform/backend:mr:99", "content": {}}`:                       "gitlab.com/my-company/platform/backend",
		`{"id": "cdevents:v0:github:org-a-github:xibz:cdevents-spec:pr:42", "content": {}}`:                    "",
		`{"id": "cdevents:v0:jira::xibz:cdevents-project:issue:PROJ-123", "content": {}}`:                      "",
		`{"id": "7", "content": {"uri": "https://www.example.com/mySubject123", "repository": {"id": "a/b"}}}`: "",
		`{"id": "7", "content": {"repository": {"id": "a/b", "source": "urn:acme:git"}}}`:                      "",
		`{"id": "7", "content": {"owner": "Org", "uri": "git@git.example.org:Org/Repo.git"}}`:                  "git.example.org/Org/Repo",
	} {
		require.Equal(t, project, only(t, cdevent("change.merged.0.3.0", "s", subject)).Project, subject)
	}
}

func TestWebhooksInCloudEventsAreTheSameEvents(t *testing.T) {
	body := `{"ref": "refs/heads/main", "before": "0000000000000000000000000000000000000001", "after": "0000000000000000000000000000000000000002",
		"repository": {"full_name": "Octo/Hello", "html_url": "https://github.com/Octo/Hello"}, "sender": {"id": 7, "login": "octo"},
		"pusher": {"name": "octo"}, "commits": [{"id": "0000000000000000000000000000000000000002", "message": "m", "timestamp": "2026-04-30T10:00:00Z",
		"author": {"name": "Ada", "email": "ada@example.com"}, "added": [], "modified": ["go.mod"], "removed": []}]}`
	direct, err := github.Translate(source.Delivery{Key: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Event: "push", Body: []byte(body), Received: noon})
	require.NoError(t, err)
	require.NotEmpty(t, direct)
	e, err := Structured([]byte(`{"specversion": "1.0", "id": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "type": "com.github.push", "source": "https://api.github.com/repos/Octo/Hello", "data": ` + body + `}`))
	require.NoError(t, err)
	wrapped, _, err := Drafts([]Event{e}, noon)
	require.NoError(t, err)
	require.Len(t, wrapped, len(direct))
	for i := range direct {
		require.Equal(t, direct[i].Event.ID, wrapped[i].Event.ID)
	}
	// A type that the provider's adapter does not know stands as it is.
	require.Equal(t, "com.github.nothing.known", only(t, `{"specversion": "1.0", "id": "2", "type": "com.github.nothing.known", "source": "https://github.com/Octo/Hello", "data": {}}`).Name)
}

// TestWebhooksOfTwoSourcesWithOneID has ids that are no deliveries': a broker counts the events of each source.
func TestWebhooksOfTwoSourcesWithOneID(t *testing.T) {
	seen := make(map[string]bool)
	for _, host := range []string{"gitlab.example.org", "gitlab.example.com"} {
		e, err := Structured([]byte(`{"specversion": "1.0", "id": "1", "type": "com.gitlab.push", "source": "https://` + host + `/a/b", "data":
			{"object_kind": "push", "ref": "refs/heads/a", "before": "1234566", "after": "1234567", "project": {"web_url": "https://` + host + `/a/b"}, "commits": []}}`))
		require.NoError(t, err)
		drafts, _, err := Drafts([]Event{e}, noon)
		require.NoError(t, err)
		require.NotEmpty(t, drafts)
		for _, d := range drafts {
			require.False(t, seen[d.Event.ID.String()], "the second would count as the first sent again")
			seen[d.Event.ID.String()] = true
		}
	}
}

func TestDomainIDs(t *testing.T) {
	raw, err := os.ReadFile(corpus.Path(t, "cdevents", "conformance", "formats", "domainid.json"))
	require.NoError(t, err)
	var cases struct {
		Valid []struct {
			Description, Expected string
			Segments              struct{ Provider, ProviderID, Namespace, Groups, Type, ResourceID string }
		}
		Invalid []struct{ Description, Input string }
	}
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases.Valid)
	for _, c := range cases.Valid {
		id, ok := parseDomainID(c.Expected)
		require.True(t, ok, c.Description)
		require.Equal(t, c.Segments.Provider+c.Segments.ProviderID+c.Segments.Namespace+c.Segments.Groups+c.Segments.Type, id.provider+id.providerID+id.namespace+id.groups+id.kind)
		require.Equal(t, strings.NewReplacer("%3A", ":", "%2F", "/", "%40", "@").Replace(c.Segments.ResourceID), id.resource)
	}
	for _, c := range cases.Invalid {
		_, ok := parseDomainID(c.Input)
		require.False(t, ok, c.Description)
	}
}

// kept reads a body and makes drafts of its events, in bounds, and demands that ingest takes them.
func kept(t *testing.T, body []byte, read func() ([]Event, error)) (list []Event) {
	t.Helper()
	sourcetest.Bounded(t, body, func() ([]ingest.Draft, error) {
		var err error
		if list, err = read(); err != nil {
			return nil, err
		}
		drafts, places, err := Drafts(list, noon)
		if errors.Is(err, events.ErrRequestTooLarge) {
			return nil, err
		}
		require.NoError(t, err)
		require.Len(t, places, len(drafts))
		for _, d := range drafts {
			if d.Err != nil {
				continue
			}
			if _, err := d.Event.Canonical(noon); err != nil {
				require.ErrorContains(t, err, "name is empty") // of a type that no text is made of its sender is told
			}
		}
		return drafts, nil
	})
	return list
}

// bodies are seeds of events in the structured mode.
var bodies = []string{
	cdevent("artifact.published.0.3.0", "https://a.example", `{"id": "pkg:npm/a@1", "content": {"user": "u"}}`),
	`{"specversion": "1.0", "id": "1", "type": "com.github.push", "source": "s", "data": {"commits": [null]}}`,
	`{"specversion": "1.0", "id": "1", "type": "com.gitlab.push", "source": "s", "data": {"object_kind": "push", "ref": "refs/heads/a", "after": "1234567", "commits": [{"id": "1234567"}]}}`,
	`{"specversion": "1.0", "id": "1", "type": "t", "source": "s", "data_base64": "TWE="}`,
}

func FuzzStructured(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept(t, body, func() ([]Event, error) {
			e, err := Structured(body)
			return []Event{e}, err
		})
	})
}

func FuzzBatch(f *testing.F) {
	f.Add([]byte("[" + strings.Join(bodies, ",") + "]"))
	f.Add([]byte(`[null, {}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		kept(t, body, func() ([]Event, error) { return Batch(body) })
	})
}

func FuzzBinary(f *testing.F) {
	f.Add("text/plain", "t", "%41", []byte("hello"))
	f.Add("application/json", "dev.cdevents.change.merged.0.3.0", "s", []byte(`{"subject": {"id": "cdevents:v0:::::artifact:pkg%3A"}}`))
	f.Fuzz(func(t *testing.T, contentType, kind, subject string, body []byte) {
		sent := slices.Concat([]byte(contentType+kind+subject), body)
		list := kept(t, sent, func() ([]Event, error) {
			e, err := Binary(map[string][]string{"Content-Type": {contentType}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"s"}, "Ce-Type": {kind}, "Ce-Subject": {subject}}, body)
			if err != nil {
				return nil, err
			}
			return []Event{e}, nil
		})
		for _, e := range list {
			again, err := Structured(e.json())
			if err != nil {
				t.Fatalf("the kept form is no CloudEvent: %v", err)
			}
			if again.ID != e.ID || again.Type != e.Type || again.Subject != e.Subject {
				t.Fatalf("%+v is kept as %+v", e, again)
			}
		}
	})
}

func TestAnEventThatIsNotValidLeavesTheOthersOfItsBatch(t *testing.T) {
	event := func(id, version, data string) string {
		return `{"specversion": "` + version + `", "id": "` + id + `", "type": "com.gitlab.push", "source": "https://gitlab.com/a/b", "data": ` + data + `}`
	}
	push := `{"object_kind": "push", "ref": "refs/heads/a", "before": "1234566", "after": "1234567", "project": {"web_url": "https://gitlab.com/a/b"}, "commits": [{"id": "1234567"}]}`
	list, err := Batch([]byte("[" + strings.Join([]string{
		event("1", "1.0", push), event("2", "0.3", push), "7", event("3", "1.0", `[`+strings.Repeat("0,", 1<<19)+`0]`), event("4", "1.0", `{}`),
	}, ",") + "]"))
	require.NoError(t, err)
	drafts, places, err := Drafts(list, noon)
	require.NoError(t, err)
	require.Equal(t, []int{0, 0, 1, 2, 3, 4}, places, "a push of one commit is two events")
	for i, want := range []error{nil, nil, ErrSpecVersion, ErrFormat, ErrFormat, nil} {
		require.ErrorIs(t, drafts[i].Err, want)
	}
}

func TestABatchOfTooManyIsNotRead(t *testing.T) {
	body := []byte("[" + strings.Repeat("0,", 1<<20) + "0]")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Batch(body)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "1048577 events")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestAnEventOfTooManyAttributesIsNotRead(t *testing.T) {
	body := []byte(`{"specversion": "1.0", "id": "1", "source": "s", "type": "t"` + strings.Repeat(`, "a": 1`, 1<<20) + `}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Structured(body)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "1048580 attributes, at most 200 are taken")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

// TestTheDraftsOfABatchAreBounded has one message whose long reference would be in each of its commits, and one of many such messages.
func TestTheDraftsOfABatchAreBounded(t *testing.T) {
	var commits strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&commits, `{"id":"%07x"},`, i+1)
	}
	push := func(commits string) Event {
		e, err := Structured([]byte(`{"specversion": "1.0", "id": "1", "type": "com.github.push", "source": "https://github.com/a/b", "data": {"ref": "refs/heads/` + strings.Repeat("x", 4000) +
			`", "after": "1234567", "commits": [` + strings.TrimSuffix(commits, ",") + `]}}`))
		require.NoError(t, err)
		return e
	}
	few := push(commits.String()[:400*17])
	for _, list := range [][]Event{{push(commits.String())}, slices.Repeat([]Event{few}, MaxBatch)} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := Drafts(list, noon)
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, events.ErrRequestTooLarge)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*ingest.MaxRequestBytes))
	}
	drafts, _, err := Drafts([]Event{few, few}, noon)
	require.NoError(t, err)
	require.Less(t, source.Size(drafts), 4<<20)
}
