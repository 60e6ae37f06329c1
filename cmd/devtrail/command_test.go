package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	"devtrail.dev/bench/gitfixture"
	"devtrail.dev/kit/fault"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// devtrail runs the command as people type it, in a folder without a suite.
func devtrail(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newRootCommand()
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// at adds the flags that name the services.
func at(s *services, args ...string) []string {
	flags := []string{"--key", testKey, "--address", s.address}
	if args[0] == "import" {
		return append(args, append(flags, "--packages-address", s.address)...)
	}
	return append(args, append(flags, "--identity-address", s.address)...)
}

// home gives the command a folder of its own to stand in and to remember things.
func home(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("DEVTRAIL_KEY", "")
}

func repository(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tool.git")
	w, err := gitfixture.New(t.Context(), dir, gitfixture.Options{})
	require.NoError(t, err)
	w.Commit(gitfixture.Commit{
		Author: gitfixture.Person{Name: "Ada", Email: "ada@example.org"}, At: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Message: "Begin",
		Files: map[string]gitfixture.Entry{"requirements.txt": {Content: "left-pad==1.0\n"}},
	})
	require.NoError(t, w.Close())
	return dir
}

func TestImportThenAsk(t *testing.T) {
	home(t)
	s := startServices(t)
	out, err := devtrail(t, at(s, "import", "git", repository(t))...)
	require.NoError(t, err)
	require.Contains(t, out, "local/tool")
	require.Contains(t, out, "2 new, 0 stored before, 0 rejected")

	out, err = devtrail(t, at(s, "query", "events", "--name", "package.added", "--developer", "ada@example.org")...)
	require.NoError(t, err)
	require.Equal(t, `TIME              EVENT            DEVELOPER     PROJECT     WHAT
2024-05-06 07:08  package.added    Ada Lovelace  local/tool  pkg:pypi/left-pad@1.0
2024-05-06 07:08  commit.authored  Ada Lovelace  local/tool  Begin
`, out)

	out, err = devtrail(t, at(s, "query", "events", "--limit", "1", "--json")...)
	require.NoError(t, err)
	var page eventsv1.ListEventsResponse
	require.NoError(t, protojson.Unmarshal([]byte(out), &page))
	require.Len(t, page.GetEvents(), 1)
	require.Equal(t, "x", page.GetNextPageToken())

	out, err = devtrail(t, at(s, "query", "exposure", "pkg:pypi/left-pad")...)
	require.NoError(t, err)
	require.Equal(t, `pkg:pypi/left-pad
3 events, first 2024-05-06 07:08, last 2025-05-06 07:08

DEVELOPER     EVENTS  FIRST SEEN        LAST SEEN
Ada Lovelace  3       2024-05-06 07:08  2025-05-06 07:08
`, out)

	out, err = devtrail(t, at(s, "query", "trends", "commit.authored", "--since", "2024-05-01", "--until", "2024-06-01",
		"--interval", "month", "--unique", "--project", "local/tool", "--time-zone", "Europe/Berlin")...)
	require.NoError(t, err)
	require.Equal(t, "developers of commit.authored: 2 in all\n2024-05  2  ########################################\n", out)
	asked := s.trends[0]
	require.Equal(t, "2024-04-30T22:00:00Z", asked.GetRange().GetStart().AsTime().Format(time.RFC3339))
	require.Equal(t, eventsv1.Math_MATH_UNIQUE_ACTORS, asked.GetSeries()[0].GetMath())
	require.Equal(t, []string{"local/tool"}, asked.GetFilter().GetProjects())
	require.Equal(t, "Europe/Berlin", asked.GetTimeZone())
}

func TestAWholeExposureIsStreamed(t *testing.T) {
	home(t)
	s := startServices(t)
	_, err := devtrail(t, at(s, "import", "git", repository(t))...)
	require.NoError(t, err)
	out, err := devtrail(t, at(s, "query", "exposure", "pkg:pypi/left-pad", "--all", "--evidence", "1")...)
	require.NoError(t, err)
	require.Equal(t, `pkg:pypi/left-pad
3 events, first 2024-05-06 07:08, last 2025-05-06 07:08

DEVELOPER     EVENTS  FIRST SEEN        LAST SEEN
Ada Lovelace  3       2024-05-06 07:08  2025-05-06 07:08

MACHINE  EVENTS  FIRST SEEN        LAST SEEN
laptop   3       2024-05-06 07:08  2025-05-06 07:08

TIME              EVENT            DEVELOPER     PROJECT     WHAT
2024-05-06 07:08  commit.authored  Ada Lovelace  local/tool  Begin
`, out)
	out, err = devtrail(t, at(s, "query", "exposure", "pkg:pypi/left-pad", "--all", "--json")...)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 2)
	for _, line := range lines {
		require.NoError(t, protojson.Unmarshal([]byte(line), &eventsv1.StreamExposureResponse{}))
	}
	_, err = devtrail(t, at(s, "query", "exposure", "pkg:pypi/left-pad", "--all", "--limit", "3")...)
	require.ErrorContains(t, err, "all limit")
}

func TestJSONIsJSON(t *testing.T) {
	home(t)
	s := startServices(t)
	for _, question := range [][]string{{"exposure", "pkg:npm/a"}, {"trends", "commit.authored"}, {"events"}} {
		out, err := devtrail(t, at(s, append(append([]string{"query"}, question...), "--json")...)...)
		require.NoError(t, err)
		require.True(t, json.Valid([]byte(out)), out)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	home(t)
	s := startServices(t)
	_, err := devtrail(t, "query", "events")
	require.ErrorContains(t, err, "no key: give --key or set DEVTRAIL_KEY, or start the suite")
	for want, args := range map[string][]string{
		"an address needs a key":           {"query", "events", "--address", s.address, "--identity-address", s.address},
		"not that of the identity service": {"query", "events", "--key", testKey, "--address", s.address},
		`--interval: "year"`:               at(s, "query", "trends", "x", "--interval", "year"),
		"--limit: 0 is less than 1":        at(s, "query", "events", "--limit", "0"),
		`--since: "then" is no time`:       at(s, "query", "events", "--since", "then"),
		`git e-mail address "bo@a.b"`:      at(s, "query", "events", "--developer", "bo@a.b"),
		"is no folder":                     at(s, "import", "git", "absent"),
		"accepts 1 arg(s), received 0":     {"import", "git"},
		"without TLS a token is sent only": {"query", "events", "--key", testKey, "--address", "devtrail.example.org:7404", "--identity-address", "devtrail.example.org:7402"},
	} {
		_, err := devtrail(t, args...)
		require.ErrorContains(t, err, want, "%v", args)
	}
	t.Setenv("DEVTRAIL_KEY", "dvk_other")
	_, err = devtrail(t, "query", "events", "--address", s.address, "--identity-address", s.address)
	require.ErrorIs(t, err, fault.Unauthenticated)
}
