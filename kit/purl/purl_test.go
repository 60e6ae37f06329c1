package purl_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/purl"
)

func TestCanonical(t *testing.T) {
	letters := strings.Repeat("abcdefgh", 4)
	for _, c := range []struct{ rule, in, want string }{
		{"scheme in any case, slashes tolerated", "PKG:///npm/left-pad@1.3.0", "pkg:npm/left-pad@1.3.0"},
		{"type is lower-cased", "pkg:NPM/left-pad", "pkg:npm/left-pad"},
		{"npm keeps the case", "pkg:npm/%40Babel/Core@7.0.0", "pkg:npm/%40Babel/Core@7.0.0"},
		{"npm scope may come bare", "pkg:npm/@babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.0"},
		{"pypi lower-cases and folds underscores", "pkg:pypi/Typing_Extensions@4.0RC1", "pkg:pypi/typing-extensions@4.0rc1"},
		{"golang lower-cases", "pkg:golang/github.com/Masterminds/Semver/v3@v3.2.0", "pkg:golang/github.com/masterminds/semver/v3@v3.2.0"},
		{"plus is encoded", "pkg:golang/github.com/docker/docker@v20.10.0+incompatible", "pkg:golang/github.com/docker/docker@v20.10.0%2Bincompatible"},
		{"github lower-cases", "pkg:github/Actions/Checkout@v4", "pkg:github/actions/checkout@v4"},
		{"bitbucket lower-cases", "pkg:bitbucket/Birkenfeld/Pygments@1", "pkg:bitbucket/birkenfeld/pygments@1"},
		{"composer lower-cases", "pkg:composer/Laravel/Framework@v1", "pkg:composer/laravel/framework@v1"},
		{"hex lower-cases", "pkg:hex/Acme/Phoenix@1.0.0", "pkg:hex/acme/phoenix@1.0.0"},
		{"deb lower-cases, colon stays", "pkg:deb/Debian/Attr@1:2.4.47-2?arch=source", "pkg:deb/debian/attr@1:2.4.47-2?arch=source"},
		{"rpm lower-cases the vendor only", "pkg:rpm/Fedora/PyYAML@1", "pkg:rpm/fedora/PyYAML@1"},
		{"apk lower-cases", "pkg:apk/Alpine/Curl@7", "pkg:apk/alpine/curl@7"},
		{"alpm lower-cases", "pkg:alpm/Arch/Pacman@6", "pkg:alpm/arch/pacman@6"},
		{"oci lower-cases name and digest", "pkg:oci/Debian@sha256:AB12", "pkg:oci/debian@sha256:ab12"},
		{"vscode-extension lower-cases all", "pkg:vscode-extension/MS-Python/Python@2024.1.0-RC", "pkg:vscode-extension/ms-python/python@2024.1.0-rc"},
		{"chrome-extension lower-cases", "pkg:chrome-extension/" + strings.ToUpper(letters) + "@1.2.3.4", "pkg:chrome-extension/" + letters + "@1.2.3.4"},
		{"huggingface lower-cases the version", "pkg:huggingface/Google/BERT@ABC", "pkg:huggingface/Google/BERT@abc"},
		{"pub keeps a-z, 0-9, _", "pkg:pub/Http-Parser@1", "pkg:pub/http_parser@1"},
		{"maven keeps the case", "pkg:maven/org.Apache/Commons@1", "pkg:maven/org.Apache/Commons@1"},
		{"nuget keeps the case", "pkg:nuget/Newtonsoft.Json@13.0.1", "pkg:nuget/Newtonsoft.Json@13.0.1"},
		{"git: host, and the path as name", "pkg:git/codeberg.org/a/b/c@1", "pkg:git/codeberg.org/a/b/c@1"},
		{"swid lower-cases a GUID", "pkg:swid/Acme/X@1?tag_id=75B8C285-FA7B-485B-B199-4745E3004D0D", "pkg:swid/Acme/X@1?tag_id=75b8c285-fa7b-485b-b199-4745e3004d0d"},
		{"unknown types keep the case", "pkg:future/A/B@C", "pkg:future/A/B@C"},
		{"qualifiers are sorted, empty ones dropped", "pkg:npm/a@1?b=2&a=1&c=", "pkg:npm/a@1?a=1&b=2"},
		{"qualifier keys are lower-cased", "pkg:npm/a?repositorY=x", "pkg:npm/a?repository=x"},
		{"slash and space of a qualifier are encoded", "pkg:npm/a?x=https://h/p q", "pkg:npm/a?x=https:%2F%2Fh%2Fp%20q"},
		{"subpath is cleaned", "pkg:npm/a@1#/./x//../y/", "pkg:npm/a@1#x/y"},
		{"encoded dots of a subpath are cleaned", "pkg:npm/a@1#%2E%2E%2Fx", "pkg:npm/a@1#x"},
		{"empty namespace segments are dropped", "pkg:golang//github.com//a/b@1", "pkg:golang/github.com/a/b@1"},
	} {
		p, err := purl.Parse(c.in)
		if assert.NoError(t, err, c.rule) {
			assert.Equal(t, c.want, p.String(), c.rule)
		}
	}
}

func TestInvalid(t *testing.T) {
	for _, in := range []string{
		"", "npm/a", "pkg:", "pkg:npm", "pkg:npm/", "pkg:npm/@1.0.0", "pkg:3npm/a", "pkg:-npm/a", "pkg:n&g/a",
		"pkg:maven/a@1", "pkg:golang/a@1", "pkg:github/a", "pkg:composer/a", "pkg:deb/a", "pkg:rpm/a", "pkg:apk/a",
		"pkg:alpm/a", "pkg:swift/a", "pkg:huggingface/a", "pkg:vscode-extension/a", "pkg:git/a",
		"pkg:pypi/a/b", "pkg:nuget/a/b", "pkg:cargo/a/b", "pkg:gem/a/b", "pkg:cran/a/b", "pkg:hackage/a/b",
		"pkg:chrome-extension/a/" + strings.Repeat("a", 32),
		"pkg:chrome-extension/" + strings.Repeat("q", 32), "pkg:chrome-extension/abc",
		"pkg:chrome-extension/" + strings.Repeat("a", 32) + "@1.2.3.4.5", "pkg:chrome-extension/" + strings.Repeat("a", 32) + "@1.x",
		"pkg:julia/A@1", "pkg:swid/A@1", "pkg:swid/A@1?tag_id=", "pkg:cpan/gdt/A", "pkg:cpan/A::B", "pkg:cocoapods/.a", "pkg:cocoapods/a+b",
		"pkg:npm/a@1?Arch=x", "pkg:npm/a@1?a%20b=x", "pkg:npm/a@1?a=1&a=2", "pkg:npm/%zz", "pkg:npm/a#%zz",
		"pkg:npm/a%00b", "pkg:npm/a@%0A", "pkg:npm/%ff", "pkg:npm/a?x=%1b", "pkg:npm/" + strings.Repeat("a", purl.MaxLength),
		"pkg:npm/" + strings.Repeat("%20", 600) + strings.Repeat("\u00e9", 400),
	} {
		_, err := purl.Parse(in)
		require.ErrorIs(t, err, purl.ErrInvalid, "%q", in)
		assert.ErrorIs(t, err, fault.Invalid, "%q", in)
	}
}

func TestForms(t *testing.T) {
	p, err := purl.Parse("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie#bin")
	require.NoError(t, err)
	assert.Equal(t, "pkg:deb/debian/curl", p.Package())
	assert.Equal(t, "pkg:deb/debian/curl@7.50.3-1", p.Core())
	assert.Equal(t, "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie#bin", p.String())
	assert.Equal(t, "i386", p.Qualifier("arch"))
	assert.Empty(t, p.Qualifier("os"))
}

func TestNew(t *testing.T) {
	p, err := purl.New("Deb", "Debian", "Curl", "1", map[string]string{"b": "", "a": "x/y"}, "/s/")
	require.NoError(t, err)
	assert.Equal(t, "pkg:deb/debian/curl@1?a=x%2Fy#s", p.String())
	_, err = purl.New("", "", "a", "", nil, "")
	require.ErrorIs(t, err, purl.ErrInvalid)
	_, err = purl.New("npm", "", "", "", nil, "")
	require.ErrorIs(t, err, purl.ErrInvalid)
	_, err = purl.New("npm", "", "a", "", map[string]string{"a b": "x"}, "")
	assert.ErrorIs(t, err, purl.ErrInvalid)
}

// FuzzParse holds that the canonical text is a fixed point, for the whole purl and for its shorter forms.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"pkg:npm/%40babel/core@7.0.0?a=b#c", "pkg:git/h/a/b@1", "pkg:pub/A-b", "pkg:pypi/a_B@1", "pkg:golang/a%2Fb/c",
		"pkg:deb/debian/attr@1:2.4.47-2", "pkg:mlflow/A?repository_url=databricks", "pkg:npm/@a/@b", "pkg:x/%2F/%2F",
		"pkg:swid/a@1?tag_id=75B8C285-FA7B-485B-B199-4745E3004D0D", "pkg:npm/a#%2E%2E%2Fx", "pkg:github/\u0130/a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := purl.Parse(s)
		if err != nil {
			require.ErrorIs(t, err, purl.ErrInvalid)
			return
		}
		for _, text := range []string{p.String(), p.Core(), p.Package()} {
			again, err := purl.Parse(text)
			if err != nil && (p.Type == "julia" || p.Type == "swid") && !strings.Contains(text, "?") {
				continue // the shorter forms of these leave out a qualifier the type needs
			}
			require.NoError(t, err, "%q came from %q", text, s)
			require.Equal(t, text, again.String(), "from %q", s)
		}
	})
}

var sink string

func BenchmarkParsePrint(b *testing.B) {
	for name, s := range map[string]string{
		"npm":        "pkg:npm/%40babel/core@7.24.0",
		"golang":     "pkg:golang/github.com/jackc/pgx/v5@v5.12.0",
		"qualifiers": "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := purl.Parse(s)
				if err != nil {
					b.Fatal(err)
				}
				sink = p.String()
			}
		})
	}
}
