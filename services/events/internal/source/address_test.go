package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/source"
)

func TestAddressesInATextAreKeptWithoutCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                             "",
		"no address: ada@example.org":                                  "no address: ada@example.org",
		"https://x.example/a?access_token=ghp_1":                       "https://x.example/a",
		"https://x.example/a#access_token=ghp_1":                       "https://x.example/a",
		"cloning https://user:pw@host/r into r":                        "cloning https://host/r into r",
		"https://pw@host":                                              "https://host",
		"ssh://git@[2001:db8::1]:22/a@b":                               "ssh://[2001:db8::1]:22/a@b",
		"https://registry.example:8443/@scope/a":                       "https://registry.example:8443/@scope/a",
		"https://user:p/w?p#w@host/r":                                  "https://host/r",
		"https://user:pw%zz@host/r":                                    "https://host/r",
		`<a href="https://x.example/?t=ghp_1">`:                        `<a href="https://x.example/">`,
		"a=https://user:pw@host/r,b=https://user:pw@other/r":           "a=https://host/r,b=https://other/r",
		"https://x.example/a?next=https://y.example/&t=ghp_1":          "https://x.example/a",
		"first http://x.example/?t=ghp_1\nthen git+ssh://pw@h":         "first http://x.example/\nthen git+ssh://h",
		"postgres://app:x<9Kz@db.internal:5432/main":                   "postgres://db.internal:5432/main",
		"postgres://app:x>9Kz@db.internal:5432/main":                   "postgres://db.internal:5432/main",
		`postgres://app:x"9Kz@db.internal:5432/main`:                   "postgres://db.internal:5432/main",
		"postgres://app:x`9Kz@db.internal:5432/main":                   "postgres://db.internal:5432/main",
		"postgres://app:x 9Kz@db.internal:5432/main":                   "postgres://db.internal:5432/main",
		"https://app:2024#Sec@host/db":                                 "https://host/db",
		"dsn=postgres://app:x<9/Kz@db.internal/main is wrong":          "dsn=postgres://db.internal/main is wrong",
		"cannot reach https://app:2024#Sec@host/@scope/a":              "cannot reach https://host/@scope/a",
		`{"dsn":"postgres://app:x<9Kz@db/main","user":"ada"}`:          `{"dsn":"postgres://db/main","user":"ada"}`,
		`{"url":"https://x.example:8080","mail":"ada@example.org"}`:    `{"url":"https://x.example:8080","mail":"ada@example.org"}`,
		`{"url":"https://x.example/a?t=ghp_1","mail":"ada@x.example"}`: `{"url":"https://x.example/a","mail":"ada@x.example"}`,
		"see <https://x.example>,<ada@example.org>":                    "see <https://x.example>,<ada@example.org>",
		"https://x.example:8080/a of ada@example.org":                  "https://x.example:8080/a of ada@example.org",
		"https://x.example is down, ask ada@example.org":               "https://x.example is down, ask ada@example.org",
		"https://x.example:8080\nof ada@example.org":                   "https://x.example:8080\nof ada@example.org",
		"postgres://shop app:x@db/main":                                "postgres://db/main",
		"listens on https://x.example:8080 for ada@example.org":        "listens on https://x.example:8080 for ada@example.org",
		"a\t äöü\n http://[::1]:80 <b@c>  ":                            "a\t äöü\n http://[::1]:80 <b@c>  ",
		"://":                                                          "://",
	} {
		require.Equal(t, want, source.BareAddresses(text), text)
	}
	require.Equal(t, "ssh://host/a b", source.BareAddress("ssh://user:pw@host/a b?t=ghp_1"))
	require.Equal(t, "ssh://host/a<b", source.BareAddress("ssh://user:p<w 1@host/a<b?t=ghp_1"))
	require.Equal(t, "/src/what?/main.go", source.BareAddress("/src/what?/main.go"))
}
