package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/stack"
)

const devtrailPackage = "devtrail.dev/cmd/devtrail"

// importGit runs the command as people do.
func importGit(tb testing.TB, r *running, repository string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), build(tb, devtrailPackage), "import", "git", repository,
		"--address", r.State.Endpoints["events"], "--packages-address", r.State.Endpoints["packages"])
	cmd.Env = append(environ(), "DEVTRAIL_KEY="+r.State.Keys["admin"])
	cmd.Dir = tb.TempDir() // not in a repository with a data folder of its own
	out, err := cmd.CombinedOutput()
	require.NoError(tb, err, string(out))
	return string(out)
}

// receivedAt is the one part of an answer that two imports cannot share.
var receivedAt = regexp.MustCompile(`,?\s*"receivedAt":\s*"[^"]*"`)

// answers asks everything that can be asked about an import, by question.
func (r *running) answers(tb testing.TB) map[string]string {
	tb.Helper()
	c := dial(tb, r.State.Endpoints["events"])
	ctx := as(tb.Context(), r.State.Keys["admin"], "")
	all := map[string]string{}
	ask := func(name, request string) string {
		answer, err := c.call(ctx, tb, name, request)
		require.NoError(tb, err, "%s %s", name, request)
		all[name+" "+request] = receivedAt.ReplaceAllString(answer, "")
		return answer
	}

	packages := map[string]bool{}
	for token := ""; ; {
		var page struct {
			Events        []struct{ Packages []string }
			NextPageToken string
		}
		request := fmt.Sprintf(`{"page_size": 37, "page_token": %q}`, token)
		require.NoError(tb, json.Unmarshal([]byte(ask("devtrail.events.v1.EventService/ListEvents", request)), &page))
		for _, event := range page.Events {
			for _, purl := range event.Packages {
				packages[purl] = true
				packages[regexp.MustCompile(`@[^@]*$`).ReplaceAllString(purl, "")] = true
			}
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	require.Greater(tb, len(packages), 20)
	for _, purl := range slices.Sorted(maps.Keys(packages)) {
		ask("devtrail.events.v1.EventService/GetExposure", fmt.Sprintf(`{"purl": %q, "evidence_limit": 1000}`, purl))
	}
	for _, filter := range []string{
		`{"names": ["package.changed", "package.removed"]}`, `{"projects": ["git.example.com/acme/shop"]}`, `{"packages": ["pkg:pypi/requests"]}`,
	} {
		ask("devtrail.events.v1.EventService/ListEvents", `{"page_size": 1000, "filter": `+filter+`}`)
	}
	for _, interval := range []string{"HOUR", "DAY", "WEEK", "MONTH"} {
		for _, zone := range []string{"UTC", "America/New_York"} {
			ask("devtrail.events.v1.InsightService/QueryTrends", fmt.Sprintf(`{"range": {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"},
				"interval": "INTERVAL_%s", "time_zone": %q, "series": [{"event_name": "commit.authored"}, {"event_name": "package.added", "math": "MATH_UNIQUE_ACTORS"}, {"action": {"steps": [{}]}}]}`, interval, zone))
		}
	}
	return all
}

// One data folder is run with one store and then with the other, so that both
// attribute events to the same developers.
func TestBothStoresGiveTheSameAnswersOnAnImport(t *testing.T) {
	repository := fixture(t)
	dir := filepath.Join(scratch, "import")
	byStore := map[string]map[string]string{}
	for _, store := range []string{stack.StoreClickHouse, stack.StorePostgres} {
		r := mustUp(t, dir, store)
		t.Log(store, importGit(t, r, repository))
		first := r.answers(t)
		importGit(t, r, repository)
		require.Equal(t, first, r.answers(t), "%s: the second import stores nothing new", store)
		byStore[store] = first
		require.NoError(t, r.Stop())
	}
	require.Equal(t, byStore[stack.StoreClickHouse], byStore[stack.StorePostgres])

	r := mustUp(t, dir, stack.StoreClickHouse)
	require.Equal(t, byStore[stack.StoreClickHouse], r.answers(t), "the data outlives the suite")
}
