package source_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/source"
)

// kept is the properties of an event whose original is a body.
func kept(t *testing.T, body string) map[string]any {
	t.Helper()
	v, err := source.Parse([]byte(body))
	require.NoError(t, err)
	b := source.NewBatch("test", source.Delivery{Key: "k", Received: time.Unix(1777629600, 0)}, v)
	b.Add(source.Fact{Name: "thing.done"})
	e, err := b.Drafts()[0].Event.Canonical(time.Unix(1777629600, 0))
	require.NoError(t, err)
	require.LessOrEqual(t, len(e.Properties), 64<<10)
	var properties map[string]any
	require.NoError(t, json.Unmarshal([]byte(e.Properties), &properties))
	return properties
}

func TestASmallOriginalIsKeptWhole(t *testing.T) {
	p := kept(t, `{"a": [1, 2.5, null, true, "x"], "b": {"node_id": "n", "avatar_url": "u"}}`)
	require.Equal(t, map[string]any{"a": []any{1.0, 2.5, nil, true, "x"}, "b": map[string]any{"node_id": "n", "avatar_url": "u"}}, p["original"])
	require.NotContains(t, p, "original_trimmed")
}

func TestSecretsAreNotKept(t *testing.T) {
	text := fmt.Sprint(kept(t, `{"hook": {"config": {"secret": "hush", "url": "u"}}, "Token": "hush", "variables": [{"key": "k", "value": "hush"}], "package_files": [{"download_url": "https://example.org/?sig=hush"}], "repository": {"temp_clone_token": "hush"}}`))
	require.NotContains(t, text, "hush")
	require.Contains(t, text, "url:u")
}

func TestALargeOriginalIsTrimmedAndSaysSo(t *testing.T) {
	noise := strings.Repeat("https://api.example.org/", 2000)
	for name, c := range map[string]struct{ body, has string }{
		"addresses":    {`{"title": "t", "issues_url": "` + noise + `"}`, "title"},
		"a long text":  {`{"title": "t", "body": "` + strings.Repeat("é", 40_000) + `"}`, "body"},
		"a long list":  {`{"title": "t", "commits": [` + strings.Repeat(`{"id": "0123456789"},`, 5000) + `{}]}`, "commits"},
		"many members": {`{"title": "t"` + strings.Repeat(` `, 10) + members(5000) + `}`, ""},
		"great depth":  {`{"title": "t", "deep": ` + strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100) + `}`, "deep"},
	} {
		t.Run(name, func(t *testing.T) {
			p := kept(t, c.body)
			require.Equal(t, true, p["original_trimmed"])
			if c.has != "" {
				require.Contains(t, p["original"], c.has)
			}
		})
	}
}

// members are members of an object, none of them long.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `, "member%d": "0123456789"`, i)
	}
	return b.String()
}

func TestWhatNoEventCanHoldIsMended(t *testing.T) {
	p := kept(t, `{"huge": 1e999, "lone": "\ud83d", "key\ud83d": 1, "bad": "`+"\xff"+`", "twice": 1, "twice": 2}`)
	require.Equal(t, map[string]any{"huge": "1e999", "lone": "\ufffd", "key\ufffd": 1.0, "bad": "\ufffd", "twice": 2.0}, p["original"])
}

func TestManifestsAreRecognized(t *testing.T) {
	paths, more := source.Manifests([]string{"go.mod", "a/b/package-lock.json", "README.md", "requirements-dev.txt", "requirements/base.txt", "src/App.csproj", "go.mod"}, []string{"docs/notes.txt"})
	require.Equal(t, []string{"a/b/package-lock.json", "go.mod", "requirements-dev.txt", "requirements/base.txt", "src/App.csproj"}, paths)
	require.False(t, more)
	var many []string
	for i := range 150 {
		many = append(many, fmt.Sprintf("%03d/go.sum", i))
	}
	paths, more = source.Manifests(many)
	require.Len(t, paths, 100)
	require.True(t, more)
}

func TestPurlsOfEcosystems(t *testing.T) {
	for want, c := range map[string][3]string{
		"pkg:npm/%40a/b@1":              {"NPM", "@a/b", "1"},
		"pkg:pypi/py-yaml":              {"pip", "Py_YAML", ""},
		"pkg:maven/org.example/core@1":  {"maven", "org.example:core", "1"},
		"pkg:golang/github.com/a/b":     {"go", "github.com/A/b", ""},
		"pkg:cargo/b":                   {"rust", "b", ""},
		"pkg:gem/rack":                  {"rubygems", "rack", ""},
		"pkg:github/actions/checkout@4": {"actions", "actions/checkout", "4"},
		"pkg:swift/github.com/a/b@1":    {"swift", "https://github.com/a/b.git", "1"},
	} {
		require.Equal(t, want, source.Purl(c[0], c[1], c[2]))
	}
	require.Empty(t, source.Purl("quarks", "x", "1"))
	require.Empty(t, source.Purl("npm", "", "1"))
	require.Empty(t, source.Purl("maven", "no-group", "1"))
}

func TestActors(t *testing.T) {
	require.Equal(t, events.Identity{Kind: source.GitHubAccount, Value: "9007199254740993"}, source.Account(source.GitHubAccount, 9007199254740993))
	require.Zero(t, source.Account(source.GitHubAccount, 0))
	require.Equal(t, events.Identity{Kind: source.Login, Value: "git.example.org/ada"}, source.LoginAt("git.example.org", "ada"))
	for _, bad := range []string{"", "a/b", "a b", "a\x00", strings.Repeat("a", 400)} {
		require.Zero(t, source.LoginAt("git.example.org", bad), "login %q", bad)
	}
	require.Zero(t, source.LoginAt("", "ada"))
	for _, nobody := range []string{"", "[REDACTED]", "<redacted>", " ", strings.Repeat("a", 400)} {
		require.Zero(t, source.Email(nobody), "address %q", nobody)
	}
	require.Equal(t, "ada@example.org", source.Email(" ada@example.org\n").Value)
}
