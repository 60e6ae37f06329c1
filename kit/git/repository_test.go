package git_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/git"
)

func TestRepositoryIsTheSameForEveryAddress(t *testing.T) {
	for address, want := range map[string]string{
		"":                                          "",
		"../name":                                   "",
		`C:\src\name`:                               "",
		"file:///srv/git/owner/name.git":            "",
		"https://git.example.org":                   "",
		"git@github.com:Owner/Name.git":             "github.com/owner/name",
		"https://github.com/owner/name":             "github.com/owner/name",
		"https://www.GitHub.com/owner/name":         "github.com/owner/name",
		"ssh://git@ssh.github.com:443/owner/name":   "github.com/owner/name",
		"https://user:secret@gitlab.com/a/b/c.git":  "gitlab.com/a/b/c",
		"https://user:pa%ss@gitlab.com/a/b.git":     "gitlab.com/a/b",
		"git://Git.Example.org:9418//Owner//Name":   "git.example.org/Owner/Name",
		"git@[2001:db8::1]:owner/name.git":          "2001:db8::1/owner/name",
		"http://localhost:3000/example/example.git": "localhost/example/example",
	} {
		require.Equal(t, want, git.Repository(address), "address %q", address)
	}
	require.Len(t, []rune(git.Repository("https://git.example.org/"+strings.Repeat("a", 600))), 500)
	require.Equal(t, "git.example.org", git.Host("https://Git.Example.org:8443/a/b"))
	require.Empty(t, git.Host("nowhere"))
	for _, bad := range []string{"git@a\x7fb:c", "git@a b:c", "git@a\xff:c", "git@a\x00:c", "git@" + strings.Repeat("a", 300) + ":c"} {
		require.Empty(t, git.Host(bad), "%q", bad)
		require.Empty(t, git.Repository(bad), "%q", bad)
	}
}

// Ids never change: what was sent by an earlier build must count once with what a later one sends.
func TestTheIDOfACommitNeverChanges(t *testing.T) {
	require.Equal(t, "234c89da-d895-5de7-b6d9-588597dae4da", git.CommitID("github.com/owner/name", "0123456789abcdef0123456789abcdef01234567").String())
}
