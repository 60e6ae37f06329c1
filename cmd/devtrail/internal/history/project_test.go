package history_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/cmd/devtrail/internal/history"
)

func TestProjectIsTheSameForEveryWayToARepository(t *testing.T) {
	for remote, want := range map[string]string{
		"":                                           "local/name",
		"/srv/git/owner/name.git":                    "local/name",
		"../name":                                    "local/name",
		"./odd:path":                                 "local/name",
		`C:\src\name`:                                "local/name",
		"file:///srv/git/owner/name.git":             "local/name",
		"ext::ssh git.example.org %S owner/name":     "local/name",
		"https://":                                   "local/name",
		"https://git.example.org":                    "local/name",
		"git@github.com:Owner/Name.git":              "github.com/owner/name",
		"github.com:owner/name":                      "github.com/owner/name",
		"https://github.com/owner/name":              "github.com/owner/name",
		"https://github.com/owner/name.git/":         "github.com/owner/name",
		"https://www.GitHub.com/owner/name":          "github.com/owner/name",
		"ssh://git@ssh.github.com:443/owner/name":    "github.com/owner/name",
		"git+ssh://git@github.com/owner/name.git":    "github.com/owner/name",
		"https://user:secret@gitlab.com/a/b/c.git":   "gitlab.com/a/b/c",
		"https://user:pa%ss@gitlab.com/a/b.git":      "gitlab.com/a/b",
		"git://Git.Example.org:9418//Owner//Name":    "git.example.org/Owner/Name",
		"ssh://git@git.example.org:7999/~ada/x.git":  "git.example.org/~ada/x",
		"git@git.example.org:/Owner/Name":            "git.example.org/Owner/Name",
		"git@[2001:db8::1]:owner/name.git":           "2001:db8::1/owner/name",
		"http://[2001:db8::1]:8080/owner/name":       "2001:db8::1/owner/name",
		"https://git.example.org/a%20b/name.git?x=1": "git.example.org/a b/name",
		" https://git.example.org/a/name.git\n":      "git.example.org/a/name",
	} {
		require.Equal(t, want, history.Project(remote, "name"), "remote %q", remote)
	}
	require.Len(t, []rune(history.Project("https://git.example.org/"+strings.Repeat("a", 600), "")), 500)
}
