package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSourcesAreJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format  Format
		content string
		want    string
		skipped int
	}{
		"gems": {GemfileLock, "GIT\n  remote: https://github.com/acme/forked.git\n  revision: " + sha + "\n  branch: main\n  specs:\n    forked (1.0)\n      rack (>= 2)\n    second (1.0)\n\n" +
			"GIT\n  remote: https://git.example/acme/forked.git\n  revision: " + sha + "\n  specs:\n    other (1.0)\n\n" +
			"PATH\n  remote: .\n  specs:\n    mine (0.1.0)\n\n" +
			"GEM\n  remote: https://gems.example/\n  specs:\n    nokogiri (1.18.0-x86_64-linux-gnu)\n    rack (3.1.8)\n\n" +
			"DEPENDENCIES\n  forked!\n  mine!\n\nCHECKSUMS\n    rack (9.9.9) sha256=00\n", "pkg:gem/nokogiri@1.18.0 pkg:gem/rack@3.1.8 " + forked, 2},
		"gems by SSH": {GemfileLock, "GIT\r\n  remote: git@github.com:acme/forked.git\r\n  revision: " + sha + "\r\n  specs:\r\n    forked (1.0)\r\n", forked, 0},
		"Dart": {PubspecLock, "packages:\n" +
			"  a:\n    dependency: transitive\n    description:\n      name: a\n      url: \"https://pub.example\"\n    source: hosted\n    version: \"1.0.0\"\n" +
			"  b:\n    dependency: \"direct main\"\n    description:\n      path: \".\"\n      ref: main\n      resolved-ref: \"" + sha + "\"\n      url: \"https://github.com/acme/forked.git\"\n    source: git\n    version: \"1.0.0\"\n" +
			"  c:\n    dependency: \"direct main\"\n    description:\n      path: \"../c\"\n      relative: true\n    source: path\n    version: \"1.0.0\"\n" +
			"  flutter:\n    dependency: \"direct main\"\n    description: flutter\n    source: sdk\n    version: \"0.0.0\"\n" +
			"  odd:\n    description: odd\n    source: git\n    version: \"0.0.0\"\n", forked + " pkg:pub/a@1.0.0", 3},
		"Elixir": {MixLock, "%{\n  \"jason\": {:hex, :jason, \"1.4.4\", \"00\", [:mix], [], \"hexpm\", \"00\"},\n" +
			"  \"forked\": {:git, \"https://github.com/acme/forked.git\", \"" + sha + "\", [branch: \"main\"]},\n" +
			"  \"other\": {:git, \"https://git.example/acme/other.git\", \"" + sha + "\", []},\n}\n", forked + " pkg:hex/jason@1.4.4", 1},
		"Elixir under the name of an application": {
			MixLock, "%{\n  \"cowlib\": {:hex, :remedy_cowlib, \"2.11.1\", \"00\", [:rebar3], [], \"hexpm\", \"00\"},\n" +
				"  \"gun\": {:hex, :\"remedy_gun\", \"2.0.1\", \"00\", [:rebar3], [], \"hexpm\", \"00\"},\n  \"odd\": {:hex, \"odd\", \"1.0.0\"},\n}\n",
			"pkg:hex/remedy_cowlib@2.11.1 pkg:hex/remedy_gun@2.0.1", 1,
		},
		"Elixir of old": {MixLock, "%{\"cowboy\": {:hex, :cowboy, \"1.0.0\"},\n  \"ranch\": {:hex, :ranch, \"1.0.0\"}}\n", "pkg:hex/cowboy@1.0.0 pkg:hex/ranch@1.0.0", 0},
		"Go": {
			GoMod, "module m\n\nrequire (\n\ta.example/a v1.0.0\n\ta.example/b v1.0.0\n\ta.example/c v1.0.0\n\td.example/d v1.0.0\n)\n\n" +
				"replace a.example/a v1.0.0 => b.example/exact v1.2.0\nreplace a.example/a => b.example/general v1.2.0\nreplace a.example/b v1.9.0 => b.example/none v1.2.0\n" +
				"replace a.example/c => d.example/d v1.0.0\nreplace d.example/d => ./d\n",
			"pkg:golang/a.example/b@1.0.0 pkg:golang/b.example/exact@1.2.0 pkg:golang/d.example/d@1.0.0", 1,
		},
		"npm from a gist": {PackageLock, `{"lockfileVersion": 1, "dependencies": {"a": {"version": "gist:0123abc#` + sha + `", "from": "gist:0123abc"}}}`, "", 1},
		"NuGet": {PackagesLock, `{"version": 1, "dependencies": {"net8.0": {
			"Serilog": {"type": "Direct", "resolved": "4.2.0"}, "mine.core": {"type": "Project", "dependencies": {"Serilog": "[4.2.0, )"}}}}}`, "pkg:nuget/Serilog@4.2.0", 1},
	} {
		result, err := Extract(t.Context(), string(c.format), []byte(c.content))
		require.NoError(t, err, name)
		require.Equal(t, c.want, strings.Join(result.Purls, " "), name)
		require.Equal(t, c.skipped, result.Skipped, name)
	}
}

// What lies at an address of its own is no version of the registry, whatever it says of itself. A repository's address is not such a one.
func TestArchivesHaveNoVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format        Format
		content, want string
	}{
		"pnpm": {PnpmLock, "lockfileVersion: '9.0'\npackages:\n  foo@https://example.com/foo.tgz:\n    resolution: {tarball: https://example.com/foo.tgz}\n    version: 1.0.0\n" +
			"  '@s/bar@https://example.com/bar.tgz(foo@1.0.0)':\n    resolution: {tarball: https://example.com/bar.tgz}\n    version: 1.0.0\n" +
			"  forked@https://codeload.github.com/acme/forked/tar.gz/" + sha + ":\n    resolution: {tarball: https://codeload.github.com/acme/forked/tar.gz/" + sha + "}\n    version: 1.0.0\n" +
			"  own@1.0.0:\n    resolution: {integrity: x, tarball: https://npm.example/own/-/own-1.0.0.tgz}\n", forked + " pkg:npm/%40s/bar pkg:npm/foo pkg:npm/own@1.0.0"},
		"pnpm, decoded": {
			PnpmLock, "lockfileVersion: '9.0'\npackages: # x\n  foo@https://example.com/foo.tgz:\n    resolution: {tarball: https://example.com/foo.tgz}\n    version: 1.0.0\n",
			"pkg:npm/foo",
		},
		"Yarn 1": {YarnLock, "foo@https://example.com/foo.tgz:\n  version \"1.0.0\"\n  resolved \"https://example.com/foo.tgz#00\"\n\n" +
			"\"@s/bar@http://example.com/bar.tgz\":\n  version \"1.0.0\"\n  resolved \"http://example.com/bar.tgz#00\"\n\n" +
			"\"forked@https://github.com/acme/forked.git#main\":\n  version \"1.0.0\"\n  resolved \"https://github.com/acme/forked.git#" + sha + "\"\n\n" +
			"own@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://npm.example/own/-/own-1.0.0.tgz#00\"\n", forked + " pkg:npm/%40s/bar pkg:npm/foo pkg:npm/own@1.0.0"},
		"Yarn 2": {YarnLock, "\"foo@https://example.com/foo.tgz\":\n  version: 1.0.0\n  resolution: \"foo@https://example.com/foo.tgz\"\n\n" +
			"\"forked@https://github.com/acme/forked.git\":\n  version: 1.0.0\n  resolution: \"forked@https://github.com/acme/forked.git#commit=" + sha + "\"\n\n" +
			"\"own@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"own@npm:1.0.0::__archiveUrl=https%3A%2F%2Fnpm.example%2Fown-1.0.0.tgz\"\n", forked + " pkg:npm/foo pkg:npm/own@1.0.0"},
	} {
		result, err := Extract(t.Context(), string(c.format), []byte(c.content))
		require.NoError(t, err, name)
		require.Equal(t, c.want, strings.Join(result.Purls, " "), name)
	}
}

// A line that is too long for a buffer ended the file without a word.
func TestGemfileLockWithALongLine(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "Gemfile.lock", []byte("GEM\n  specs:\n    a (1.0)\n      "+strings.Repeat("x", 1<<17)+"\n    b (1.0)\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:gem/a@1.0", "pkg:gem/b@1.0"}, result.Purls)
}

func TestRepositoryOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://github.com/a/b":               "https://github.com/a/b",
		"https://github.com/a/b?rev=1":         "https://github.com/a/b",
		"https://user:token@github.com/a/b":    "https://github.com/a/b",
		"git+ssh://git@github.com/a/b.git":     "https://github.com/a/b.git",
		"ssh://git@github.com:a/b.git":         "https://github.com/a/b.git",
		"git@github.com:a/b.git":               "https://github.com/a/b.git",
		"../github.com/a/b":                    "https://../github.com/a/b",
		"https://git.example/github.com/a/b":   "https://git.example/github.com/a/b",
		"https://github.com@git.example/a/b":   "https://git.example/a/b",
		"https://git.example/a?x=@github.com/": "https://git.example/a",
	} {
		require.Equal(t, want, repositoryOf(address), address)
	}
}

// pnpm writes the Node.js that a project asks for among the packages. On the registry node, deno and bun are other packages, by others.
func TestPnpmRuntimes(t *testing.T) {
	t.Parallel()
	for _, lock := range []string{
		"  node@runtime:24.4.1:\n    hasBin: true\n    resolution:\n      type: variations\n      variants:\n        - resolution:\n            type: binary\n" +
			"            url: https://nodejs.org/download/release/v24.4.1/node.tar.gz\n          targets:\n            - cpu: ppc64\n              os: aix\n    version: 24.4.1\n",
		"  deno@runtime:2.4.2:\n    resolution: {type: variations}\n    version: 2.4.2\n",
		"  bun@runtime:1.2.19: {version: 1.2.19, resolution: {type: binary}}\n",
		"  node@runtime:22.20.0:\n    resolution: {type: variations}\n",
	} {
		result, err := Extract(t.Context(), "pnpm-lock.yaml", []byte("lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-00}\n"+lock))
		require.NoError(t, err, lock)
		require.Equal(t, []string{"pkg:npm/a@1.0.0"}, result.Purls, lock)
		require.Equal(t, 1, result.Skipped, lock)
	}
}
