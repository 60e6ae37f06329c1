package identity_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"devtrail.dev/services/identity"
)

func TestCanonicalForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		kind      identity.Kind
		raw, want string
	}{
		{"address in lower case without blanks", identity.KindGitEmail, " Ada@Example.COM\t", "ada@example.com"},
		{"noreply address stays an address", identity.KindGitEmail, "42+Ada@users.noreply.github.com", "42+ada@users.noreply.github.com"},
		{"bare name of a converted history", identity.KindGitEmail, "ada", "ada"},
		{"letters beyond ASCII", identity.KindGitEmail, "ÅSA@example.com", "åsa@example.com"},
		{"account id", identity.KindGitHubAccount, "583231", "583231"},
		{"leading zeros", identity.KindGitHubAccount, "00583231", "583231"},
		{"account of gitlab.com", identity.KindGitLabAccount, "42", "42"},
		{"account of gitlab.com, named", identity.KindGitLabAccount, "GitLab.com/42", "42"},
		{"account of another instance", identity.KindGitLabAccount, "git.Example.org:8443/042", "git.example.org:8443/42"},
		{"Bitbucket UUID in braces", identity.KindBitbucketAccount, "{0C8F4A7E-2D0B-4D1E-9B1B-6A1B0E9B7C11}", "0c8f4a7e-2d0b-4d1e-9b1b-6a1b0e9b7c11"},
		{"Atlassian account id keeps its case", identity.KindBitbucketAccount, "557058:aB0c", "557058:aB0c"},
		{"login", identity.KindLogin, "GitHub.com/Ada", "github.com/ada"},
		{"machine keeps its case", identity.KindMachine, " Adas-MacBook ", "Adas-MacBook"},
		{"browser", identity.KindBrowserAnonymous, "b-1", "b-1"},
		{"subject keeps its case", identity.KindOIDCSubject, "https://issuer.example/Realm  Sub-1", "https://issuer.example/Realm Sub-1"},
		{"key id", identity.KindAPIKey, "0C8F4A7E-2D0B-4D1E-9B1B-6A1B0E9B7C11", "0c8f4a7e-2d0b-4d1e-9b1b-6a1b0e9b7c11"},
		{"id of an application", identity.KindExternal, "NONE", "NONE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mention := identity.NewMention(tt.kind, tt.raw, "")
			require.NoError(t, mention.Linkable())
			require.Equal(t, identity.Identity{Kind: tt.kind, Value: tt.want}, mention.Identity)
			require.Equal(t, tt.raw, mention.Raw)
		})
	}
}

// A letter that is none of ASCII must not become one: two who have different addresses or logins would be one developer.
func TestLettersThatOnlyLookLikeASCII(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind       identity.Kind
		raw, other string
	}{
		{identity.KindGitEmail, "ADM\u0130N@example.com", "admin@example.com"},
		{identity.KindGitEmail, "mi\u212ae@example.com", "mike@example.com"},
		{identity.KindLogin, "github.com/mi\u212ae", "github.com/mike"},
		{identity.KindLogin, "G\u0130THUB.com/ada", "github.com/ada"},
		{identity.KindGitLabAccount, "G\u0130TLAB.com/42", "42"},
	} {
		mention := identity.NewMention(tt.kind, tt.raw, "")
		require.NoError(t, mention.Linkable())
		require.NotEqual(t, identity.NewMention(tt.kind, tt.other, "").Identity, mention.Identity, "%q", tt.raw)
		require.Equal(t, mention.Identity, identity.NewMention(tt.kind, mention.Identity.Value, "").Identity)
	}
}

func TestMalformedValuesAreNotLinked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		kind identity.Kind
		raw  string
	}{
		{"login for an account", identity.KindGitHubAccount, "ada"},
		{"negative account", identity.KindGitHubAccount, "-7"},
		{"account beyond 63 bits", identity.KindGitHubAccount, "9223372036854775808"},
		{"other digits", identity.KindGitHubAccount, "\u0664\u0662"},
		{"instance without account", identity.KindGitLabAccount, "git.example.org/"},
		{"account without instance", identity.KindGitLabAccount, "/42"},
		{"Bitbucket with a blank", identity.KindBitbucketAccount, "ada lovelace"},
		{"login without host", identity.KindLogin, "ada"},
		{"login with a path", identity.KindLogin, "github.com/ada/repo"},
		{"host of two words", identity.KindLogin, "git hub/ada"},
		{"subject without issuer", identity.KindOIDCSubject, "sub-1"},
		{"issuer that is no address", identity.KindOIDCSubject, "issuer sub-1"},
		{"key id without dashes", identity.KindAPIKey, "0c8f4a7e2d0b4d1e9b1b6a1b0e9b7c11"},
		{"zero character", identity.KindExternal, "a\x00b"},
		{"line break", identity.KindGitEmail, "ada@example.com\nbob@example.com"},
		{"unknown kind", identity.Kind(99), "ada"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mention := identity.NewMention(tt.kind, tt.raw, "")
			require.ErrorIs(t, mention.Linkable(), identity.ErrIdentityValueInvalid)
			require.False(t, mention.CreatesDeveloper())
		})
	}
}

func TestGenericValuesAreNotLinked(t *testing.T) {
	t.Parallel()
	external := []string{
		"anonymous", "Guest", "DISTINCTID", "distinct_id", "id", "not_authenticated", "email", "undefined", "True", "false",
		"[object Object]", "NaN", "None", "none", "null", "0", " ", `"undefined"`, "'null'", `""`, "-1", "0000-0000", "00000000-0000-0000-0000-000000000000",
	}
	for _, raw := range external {
		require.ErrorIs(t, identity.NewMention(identity.KindExternal, raw, "").Linkable(), identity.ErrIdentityGeneric, "%q", raw)
	}
	for _, raw := range []string{"NONE", "Null", "nan", "[object object]", "anonymous2", "1", "identity"} {
		require.NoError(t, identity.NewMention(identity.KindExternal, raw, "").Linkable(), "%q", raw)
	}
	for _, raw := range []string{
		"[REDACTED]", "noreply@github.com", "root@localhost", "Ada@Adas-MacBook.LOCAL", "you@example.com", "YOU@EXAMPLE.COM", "NULL", "root@host.(none)",
		"build@ci.localdomain", "<root@localhost>",
		`" root@localhost "`, "< you@example.com >", "root@localhost.", "you@example.com.", "ada@adas-macbook.local.", "<>", "< >", "<undefined>",
	} {
		require.ErrorIs(t, identity.NewMention(identity.KindGitEmail, raw, "").Linkable(), identity.ErrIdentityGeneric, "%q", raw)
	}
	for _, raw := range []string{"ada@example.com", "ada@local.example.com", "noreply@github.community", "local", "<ada@example.com>", "ada@local.example.com."} {
		require.NoError(t, identity.NewMention(identity.KindGitEmail, raw, "").Linkable(), "%q", raw)
	}
	for kind, raw := range map[identity.Kind]string{
		identity.KindAPIKey:           "00000000-0000-0000-0000-000000000000",
		identity.KindGitHubAccount:    "0",
		identity.KindGitLabAccount:    "git.example.org/0",
		identity.KindLogin:            "github.com/undefined",
		identity.KindOIDCSubject:      "https://issuer.example anonymous",
		identity.KindMachine:          "null",
		identity.KindGitEmail:         "undefined",
		identity.KindBrowserAnonymous: "Anonymous",
	} {
		require.ErrorIs(t, identity.NewMention(kind, raw, "").Linkable(), identity.ErrIdentityGeneric, "%q", raw)
	}
}

func TestMentionsThatCreateDevelopers(t *testing.T) {
	t.Parallel()
	require.True(t, identity.NewMention(identity.KindGitEmail, "ada@example.com", "").CreatesDeveloper())
	require.True(t, identity.NewMention(identity.KindExternal, "u-1", "").CreatesDeveloper())
	require.False(t, identity.NewMention(identity.KindGitEmail, "root@localhost", "").CreatesDeveloper())
	require.False(t, identity.NewMention(identity.KindMachine, "laptop", "").CreatesDeveloper())
	require.False(t, identity.NewMention(identity.KindBrowserAnonymous, "b-1", "").CreatesDeveloper())
	require.False(t, identity.NewMention(identity.KindAPIKey, identity.NewID().String(), "").CreatesDeveloper())
}

func TestNameOfADeveloperKnownByAMention(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Ada", identity.NewMention(identity.KindGitEmail, "ada@example.com", " A\x00da\n").Name())
	require.Equal(t, "Ada@Example.com", identity.NewMention(identity.KindGitEmail, " Ada@Example.com ", "\t").Name())
}

// A canonical value read again must be itself, or two services would disagree on who somebody is.
func TestCanonicalIsAFixedPoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := identity.Kind(rapid.Int16Range(1, 10).Draw(t, "kind"))
		raw := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`[ ]?[A-Za-z0-9.:{}-]{0,12}[/ @][A-Za-z0-9.-]{0,12}[ ]?`),
			rapid.StringMatching(`https://[A-Za-z.]{1,8} [ ]?[A-Za-z0-9 ]{1,8}`),
			rapid.StringMatching(`0{0,2}[0-9]{1,19}`),
		).Draw(t, "raw")
		first := identity.NewMention(kind, raw, "")
		if first.Linkable() != nil {
			return
		}
		again := identity.NewMention(kind, first.Identity.Value, "")
		if again.Linkable() != nil || again.Identity != first.Identity {
			t.Fatalf("%q became %q, and that became %q (%v)", raw, first.Identity.Value, again.Identity.Value, again.Linkable())
		}
		if strings.TrimSpace(first.Identity.Value) != first.Identity.Value || first.Name() == "" {
			t.Fatalf("%q became %q, named %q", raw, first.Identity.Value, first.Name())
		}
	})
}
