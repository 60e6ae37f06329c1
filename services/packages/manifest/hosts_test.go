package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The package managers take archives of a commit from the hosts that make them, in place of a clone.
func TestArchivesOfACommit(t *testing.T) {
	t.Parallel()
	const bitbucket = "pkg:bitbucket/acme/forked@" + sha
	for name, c := range map[string]struct {
		format        Format
		content, want string
		skipped       int
	}{
		"Yarn 1 with the archive's hash": {
			YarnLock, "forked@acme/forked:\n  version \"1.0.0\"\n  resolved \"https://codeload.github.com/acme/forked/tar.gz/" + sha + "#0a1b2c\"\n", forked, 0,
		},
		"Yarn 1 without .git": {
			YarnLock, "\"forked@https://github.com/acme/forked#main\":\n  version \"1.0.0\"\n  resolved \"https://github.com/acme/forked#" + sha + "\"\n", forked, 0,
		},
		"Yarn 1 with the commit in the specifier alone": {
			YarnLock, "\"forked@https://github.com/acme/forked.git#" + sha + "\":\n  version \"1.0.0\"\n  resolved \"git+ssh://git@github.com/acme/forked.git\"\n", forked, 0,
		},
		"Yarn 1, an archive of a release": {
			YarnLock, "\"forked@https://github.com/acme/forked/archive/v1.tgz\":\n  version \"1.0.0\"\n  resolved \"https://github.com/acme/forked/archive/v1.tgz#" + sha + "\"\n", "pkg:npm/forked", 0,
		},
		"pnpm, a path without a version": {PnpmLock, "lockfileVersion: 5.3\npackages:\n  /foo/bar:\n    resolution: {integrity: x}\n", "", 1},
		"Yarn 1 from Bitbucket": {
			YarnLock, "\"forked@bitbucket:acme/forked\":\n  version \"1.0.0\"\n  resolved \"https://bitbucket.org/acme/forked/get/" + sha + ".tar.gz#0a1b2c\"\n", bitbucket, 0,
		},
		"Yarn 1 from GitLab": {
			YarnLock, "\"forked@gitlab:acme/forked\":\n  version \"1.0.0\"\n  resolved \"https://gitlab.com/acme/forked/repository/archive.tar.gz?ref=" + sha + "\"\n", "", 1,
		},
		"npm, a port": {
			PackageLock, `{"packages": {"node_modules/forked": {"version": "1.0.0", "resolved": "git+ssh://git@github.com:22/acme/forked.git#` + sha + `"}}}`, forked, 0,
		},
		"npm, SSH on the port of HTTPS": {
			PackageLock, `{"packages": {"node_modules/forked": {"version": "1.0.0", "resolved": "git+ssh://git@ssh.github.com:443/acme/forked.git#` + sha + `"}}}`, forked, 0,
		},
		"npm, an owner of digits": {
			PackageLock, `{"packages": {"node_modules/forked": {"version": "1.0.0", "resolved": "git+ssh://git@github.com:22/forked.git#` + sha + `"}}}`, "pkg:github/22/forked@" + sha, 0,
		},
		"Cargo, a host in other letters": {
			CargoLock, "[[package]]\nname = \"forked\"\nversion = \"1.0.0\"\nsource = \"git+https://GitHub.com/acme/forked.git?branch=main#" + sha + "\"\n", forked, 0,
		},
		"pnpm from Bitbucket": {
			PnpmLock, "lockfileVersion: 5.4\npackages:\n  bitbucket.org/acme/forked/" + sha + ":\n    resolution: {tarball: https://bitbucket.org/acme/forked/get/" + sha + ".tar.gz}\n" +
				"    name: forked\n    version: 1.0.0\n", bitbucket, 0,
		},
		"pnpm from GitLab": {
			PnpmLock, "lockfileVersion: '9.0'\npackages:\n  forked@https://gitlab.com/api/v4/projects/acme%2Fforked/repository/archive.tar.gz?ref=" + sha +
				":\n    resolution: {tarball: https://gitlab.com/api/v4/projects/acme%2Fforked/repository/archive.tar.gz?ref=" + sha + "}\n    version: 1.0.0\n", "", 1,
		},
	} {
		result, err := Extract(t.Context(), string(c.format), []byte(c.content))
		require.NoError(t, err, name)
		require.Equal(t, c.want, strings.Join(result.Purls, " "), name)
		require.Equal(t, c.skipped, result.Skipped, name)
	}
}

// Bun names an archive within the project by its path, and the project itself where a package depends on it.
func TestBunLocalSources(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "bun.lock", []byte(`{"lockfileVersion": 1, "packages": {
		"a": ["a@root:", {"bin": "./a.js"}],
		"b": ["b@./b.tgz", {}, "sha512-00"],
		"c": ["c@vendor/c.tar.gz", {}, "sha512-00"],
		"d": ["d@https://example.com/d.tgz", {}, "sha512-00"],
		"e": ["e@1.0.0", "", {}, "sha512-00"],
	}}`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:npm/d", "pkg:npm/e@1.0.0"}, result.Purls)
	require.Equal(t, 3, result.Skipped)
}

func TestYarn1AliasesAndPaths(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "yarn.lock", []byte(`# yarn lockfile v1


"mine@npm:theirs":
  version "1.0.0"
  resolved "https://registry.example/theirs/-/theirs-1.0.0.tgz#00"

"other@npm:@s/other":
  version "2.0.0"
  resolved "https://registry.example/@s/other/-/other-2.0.0.tgz#00"

"folder@../folder":
  version "1.0.0"

"packed@./packed.tgz":
  version "1.0.0"
  resolved "./packed.tgz#00"
`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:npm/%40s/other@2.0.0", "pkg:npm/theirs@1.0.0"}, result.Purls)
	require.Equal(t, 2, result.Skipped)
}
