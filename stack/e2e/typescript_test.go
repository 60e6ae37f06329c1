package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tests of the client for extensions, with the one that needs a service.
func TestTheTypeScriptClient(t *testing.T) {
	r := sharedSuite(t)
	cmd := exec.CommandContext(t.Context(), "node", "--test", "test/")
	cmd.Dir = "../../clients/typescript"
	cmd.Env = append(os.Environ(), "DEVTRAIL_TEST_HTTP="+r.State.HTTP["events"], "DEVTRAIL_TEST_KEY="+r.State.Keys["ingest"])
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), " - a real service takes them\n")

	// Events are answered when they are on the disk, and queries see them soon after.
	admin, events := as(t.Context(), r.State.Keys["admin"], ""), dial(t, r.State.Endpoints["events"])
	require.Eventually(t, func() bool {
		var answer struct{ Events []struct{ Packages []string } }
		err := ask(admin, t, events, "devtrail.events.v1.EventService/ListEvents", `{"filter": {"names": ["e2e.typescript"]}, "page_size": 1000}`, &answer)
		return err == nil && len(answer.Events) == 300 && slices.Equal(answer.Events[0].Packages, []string{"pkg:npm/left-pad@1.3.0"})
	}, comeBack, 100*time.Millisecond)
}

// pageOrigin is the one origin whose pages may send events. The browser of the test finds it at a port of this machine.
const pageOrigin = "http://app.localhost"

// The client in pages of a headless Chromium (tools/install-browser). What it hands over while a page closes nobody answers, so it is looked for in the store.
func TestTheTypeScriptClientInABrowser(t *testing.T) {
	r := sharedSuite(t)
	cmd := exec.CommandContext(t.Context(), "node", "--test", "browser/")
	cmd.Dir = "../../clients/typescript"
	cmd.Env = append(os.Environ(), "DEVTRAIL_TEST_HTTP="+r.State.HTTP["events"], "DEVTRAIL_TEST_KEY="+r.State.Keys["ingest"])
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "# pass 5\n")

	admin, events := as(t.Context(), r.State.Keys["admin"], ""), dial(t, r.State.Endpoints["events"])
	for _, sent := range []struct {
		name string
		want int
	}{
		{"e2e.browser.fetch", 300},
		{"e2e.browser.beacon", 40},
		{"e2e.browser.both", 150},
		{"e2e.browser.large", 150},
		{"e2e.browser.foreign", 0}, // at the end, when they would be there with the others
	} {
		var answer struct{ Events []struct{ ID string } }
		require.Eventually(t, func() bool {
			err := ask(admin, t, events, "devtrail.events.v1.EventService/ListEvents", fmt.Sprintf(`{"filter": {"names": [%q]}, "page_size": 1000}`, sent.name), &answer)
			return err == nil && len(answer.Events) >= sent.want
		}, comeBack, 100*time.Millisecond, sent.name)
		require.Len(t, answer.Events, sent.want, sent.name)
	}
}
