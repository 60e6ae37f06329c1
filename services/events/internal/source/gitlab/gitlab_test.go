package gitlab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source"
	"devtrail.dev/services/events/internal/source/gitlab"
	"devtrail.dev/services/events/internal/source/sourcetest"
)

func TestDeliveriesGiveTheEventsOfTheGoldenFiles(t *testing.T) {
	sourcetest.Golden(t, gitlab.Translate)
}

func TestWhatIsToldTwiceCountsOnce(t *testing.T) {
	sourcetest.Once(t, gitlab.Translate, "commit.authored", "a push", "a list that was cut")
	sourcetest.Once(t, gitlab.Translate, "vulnerability_alert.created", "a finding in code", "an issue is linked to a finding in code")
	sourcetest.Once(t, gitlab.Translate, "vulnerability_alert.resolved", "a finding is resolved", "an issue is linked to a resolved finding")
	first := sourcetest.Told(t, gitlab.Translate, "a finding is resolved", "vulnerability_alert.resolved").Event.ID
	require.NotEqual(t, first, sourcetest.Told(t, gitlab.Translate, "a finding is resolved once more", "vulnerability_alert.resolved").Event.ID)
}

func FuzzTranslate(f *testing.F) { sourcetest.Fuzz(f, gitlab.Translate) }

// The number of an account is unique within its instance alone: where a delivery does not tell the instance, it is not taken for gitlab.com's.
func TestAnAccountOfAnUnknownInstanceIsNobodys(t *testing.T) {
	const body = `{"object_kind":"issue","user":{"id":7,"name":"Ada","username":"ada"},%s
"object_attributes":{"id":301,"iid":23,"title":"x","state":"opened","action":"open","created_at":"2026-05-01 12:00:00 UTC","updated_at":"2026-05-01 12:00:00 UTC"}}`
	for name, c := range map[string]struct{ host, project, want string }{
		"nobody tells it":       {want: ""},
		"the hook tells it":     {host: "git.example.org", want: "git.example.org/7"},
		"the project tells it":  {project: `"project":{"web_url":"https://git.example.org/a/b"},`, want: "git.example.org/7"},
		"it is the public one":  {host: "gitlab.com", want: "7"},
		"the project's is ours": {host: "gitlab.com", project: `"project":{"web_url":"https://git.example.org/a/b"},`, want: "git.example.org/7"},
	} {
		t.Run(name, func(t *testing.T) {
			drafts, err := gitlab.Translate(source.Delivery{Event: "Issue Hook", Host: c.host, Key: "k", Body: fmt.Appendf(nil, body, c.project), Received: time.Now()})
			require.NoError(t, err)
			require.NotEmpty(t, drafts)
			for _, d := range drafts {
				require.Equal(t, c.want, d.Event.Actor.Value)
			}
		})
	}
}

// TestProgramsAreNoPeople has the accounts under which an instance acts itself.
func TestProgramsAreNoPeople(t *testing.T) {
	for login, bot := range map[string]bool{"GitLabDuo": true, "GitLab-Security-Bot": true, "GitLab-Llm-Bot": true, "support-bot": true, "project_7_bot_ab": true, "ada": false} {
		body := fmt.Appendf(nil, `{"object_kind":"note","user":{"id":7,"username":%q},"project":{"web_url":"https://gitlab.com/a/b"},"object_attributes":{"action":"create"}}`, login)
		drafts, err := gitlab.Translate(source.Delivery{Event: "Note Hook", Key: "k", Body: body, Received: time.Now()})
		require.NoError(t, err)
		require.Len(t, drafts, 1)
		require.Equal(t, bot, strings.Contains(string(drafts[0].Event.Properties), `"bot":true`), login)
	}
}

// The account that stands for all whose own was deleted is nobody: what they did is not that of one. Somebody else may be called ghost.
func TestTheGhostIsNobody(t *testing.T) {
	for _, c := range []struct{ username, name, want string }{
		{"ghost", "Ghost User", ""},
		{"ghost1", "Ghost User", ""},
		{"ghost", "Grace", "7"},
		{"ghostly", "Ghost User", "7"},
	} {
		body := fmt.Appendf(nil, `{"object_kind":"build","build_status":"success","user":{"id":7,"name":%q,"username":%q},"project":{"web_url":"https://gitlab.com/a/b"}}`, c.name, c.username)
		drafts, err := gitlab.Translate(source.Delivery{Event: "Job Hook", Key: "k", Body: body, Received: time.Now()})
		require.NoError(t, err)
		require.Len(t, drafts, 1)
		require.Equal(t, c.want, drafts[0].Event.Actor.Value, "%s, called %s", c.username, c.name)
		require.Equal(t, c.name, drafts[0].ActorName)
	}
}

// The files in which a scan finds dependencies may be reports that a tool has made of them.
func TestAFindingNamesThePackageByTheReportOfATool(t *testing.T) {
	for file, c := range map[string]struct{ name, want string }{
		"app/maven.graph.json":             {"org.example/basket", "pkg:maven/org.example/basket@1.2.3"},
		"conda-lock.yml":                   {"basket", "pkg:conda/basket@1.2.3"},
		"dependencies-compile.dot":         {"org.example/basket", "pkg:maven/org.example/basket@1.2.3"},
		"dependencies.direct.lock":         {"org.example/basket", "pkg:maven/org.example/basket@1.2.3"},
		"dependencies.lock":                {"org.example/basket", "pkg:maven/org.example/basket@1.2.3"},
		"go.graph":                         {"example.org/basket", "pkg:golang/example.org/basket@1.2.3"},
		"gradle-html-dependency-report.js": {"org.example/basket", "pkg:maven/org.example/basket@1.2.3"},
		"ivy-report.xml":                   {"org.example/basket", "pkg:maven/org.example/basket@1.2.3"},
		"pipdeptree.json":                  {"basket", "pkg:pypi/basket@1.2.3"},
		"pipenv.graph.json":                {"basket", "pkg:pypi/basket@1.2.3"},
	} {
		body := fmt.Appendf(nil, `{"object_kind":"vulnerability","object_attributes":{"url":"https://gitlab.com/a/b/-/security/vulnerabilities/1","state":"detected","report_type":"dependency_scanning",
"location":{"file":%q,"dependency":{"package":{"name":%q},"version":"1.2.3"}}}}`, file, c.name)
		drafts, err := gitlab.Translate(source.Delivery{Event: "Vulnerability Hook", Key: "k", Body: body, Received: time.Now()})
		require.NoError(t, err)
		require.Len(t, drafts, 1)
		require.Equal(t, []string{c.want}, drafts[0].Event.Packages, file)
	}
}
