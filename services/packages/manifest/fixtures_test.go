package manifest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// fixtures are small files of each format under testdata. Their names end in .fixture, so that no tool takes them for its own.
var fixtures = map[Format]struct {
	purls   []string
	skipped int
}{
	BunLock: {
		purls:   []string{"pkg:github/acme/forked@0a1b2c3", "pkg:npm/%40scope/a@1.0.0", "pkg:npm/b@2.0.0"},
		skipped: 1,
	},
	CargoLock: {purls: []string{"pkg:cargo/serde@1.0.219"}, skipped: 1},
	ComposerLock: {
		purls:   []string{"pkg:composer/monolog/monolog@3.9.0", "pkg:composer/phpunit/phpunit@12.0.1"},
		skipped: 1,
	},
	ConanLock:       {purls: []string{"pkg:conan/zlib@1.3.1"}},
	GemfileLock:     {purls: []string{"pkg:gem/rack@3.1.8", "pkg:gem/rails@8.0.1"}},
	GoMod:           {purls: []string{"pkg:golang/golang.org/x/mod@0.42.0", "pkg:golang/golang.org/x/net@0.50.0"}, skipped: 2},
	GradleLockfile:  {purls: []string{"pkg:maven/org.slf4j/slf4j-api@2.0.17"}},
	MixLock:         {purls: []string{"pkg:hex/jason@1.4.4"}},
	NpmShrinkwrap:   {purls: []string{"pkg:npm/wrappy@1.0.2"}},
	PackageResolved: {purls: []string{"pkg:swift/github.com/apple/swift-nio@2.65.0"}},
	PackagesConfig:  {purls: []string{"pkg:nuget/Newtonsoft.Json@13.0.3"}},
	PackagesLock:    {purls: []string{"pkg:nuget/Serilog@4.2.0"}},
	PdmLock:         {purls: []string{"pkg:pypi/toml@0.10.2"}},
	PipfileLock:     {purls: []string{"pkg:pypi/requests@2.32.3"}},
	PackageLock: {
		purls: []string{
			"pkg:github/acme/forked@0123456789abcdef0123456789abcdef01234567",
			"pkg:npm/%40scope/a@1.0.0",
			"pkg:npm/archive",
			"pkg:npm/real@2.0.0",
			"pkg:npm/without-address@3.0.0",
		},
		skipped: 1,
	},
	PnpmLock: {
		purls:   []string{"pkg:github/acme/forked@0123456789abcdef0123456789abcdef01234567", "pkg:npm/%40scope/a@1.0.0", "pkg:npm/b@2.0.0"},
		skipped: 1,
	},
	PoetryLock:       {purls: []string{"pkg:pypi/requests@2.32.3"}, skipped: 1},
	PomXML:           {purls: []string{"pkg:maven/junit/junit", "pkg:maven/org.slf4j/slf4j-api@2.0.17", "pkg:maven/org.x/inherited"}},
	PubspecLock:      {purls: []string{"pkg:pub/path@1.9.1"}},
	PylockTOML:       {purls: []string{"pkg:pypi/attrs@25.1.0"}},
	RenvLock:         {purls: []string{"pkg:cran/R6@2.5.1"}},
	RequirementsText: {purls: []string{"pkg:pypi/flask@3.0.0", "pkg:pypi/jinja2", "pkg:pypi/pinned@1.0", "pkg:pypi/zope-interface@7.2"}, skipped: 2},
	UvLock:           {purls: []string{"pkg:pypi/attrs@25.1.0"}, skipped: 1},
	YarnLock:         {purls: []string{"pkg:github/acme/forked@0123456789abcdef0123456789abcdef01234567", "pkg:npm/%40scope/a@1.0.0", "pkg:npm/real@2.0.0"}, skipped: 1},
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	formats := map[Format]bool{}
	for format := range extractors {
		formats[format] = true
	}
	for format := range decoders {
		formats[format] = true
	}
	for format := range readers {
		formats[format] = true
	}
	for format := range formats {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			want, ok := fixtures[format]
			require.True(t, ok, "format without a fixture")
			content, err := os.ReadFile(filepath.Join("testdata", string(format)+".fixture"))
			require.NoError(t, err)
			result, err := Extract(t.Context(), "some/folder/"+string(format), content)
			require.NoError(t, err)
			require.Equal(t, format, result.Format)
			if diff := cmp.Diff(want.purls, result.Purls); diff != "" {
				t.Errorf("purls (-want +got)\n%s", diff)
			}
			require.Equal(t, want.skipped, result.Skipped, "skipped")
		})
	}
}
