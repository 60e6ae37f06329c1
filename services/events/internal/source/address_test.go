package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source"
)

func TestAddressesInATextAreKeptWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                     "",
		"no address: ada@example.org":                          "no address: ada@example.org",
		"https://x.example/a?access_token=ghp_1":               "https://x.example/a",
		"https://x.example/a#access_token=ghp_1":               "https://x.example/a",
		"cloning https://user:pw@host/r into r":                "cloning https://host/r into r",
		"https://pw@host":                                      "https://host",
		"ssh://git@[2001:db8::1]:22/a@b":                       "ssh://[2001:db8::1]:22/a@b",
		"https://registry.example:8443/@scope/a":               "https://registry.example:8443/@scope/a",
		"https://user:p/w?p#w@host/r":                          "https://host/r",
		"https://user:pw%zz@host/r":                            "https://host/r",
		`<a href="https://x.example/?t=ghp_1">`:                `<a href="https://x.example/">`,
		"a=https://user:pw@host/r,b=https://user:pw@other/r":   "a=https://host/r,b=https://other/r",
		"https://x.example/a?next=https://y.example/&t=ghp_1":  "https://x.example/a",
		"first http://x.example/?t=ghp_1\nthen git+ssh://pw@h": "first http://x.example/\nthen git+ssh://h",
		"://": "://",
	} {
		require.Equal(t, want, source.BareAddresses(text), text)
	}
	require.Equal(t, "ssh://host/a b", source.BareAddress("ssh://user:pw@host/a b?t=ghp_1"))
	require.Equal(t, "/src/what?/main.go", source.BareAddress("/src/what?/main.go"))
}
