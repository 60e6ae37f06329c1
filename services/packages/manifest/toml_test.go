package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	sha    = "0123456789abcdef0123456789abcdef01234567"
	forked = "pkg:github/acme/forked@" + sha
)

// tomlSources are the ways in which the tools say where a package is from. The package is a, version 1.0.
var tomlSources = []struct {
	format  Format
	keys    string
	want    string
	skipped bool
}{
	{CargoLock, `source = "registry+https://github.com/rust-lang/crates.io-index"`, "pkg:cargo/a@1.0", false},
	{CargoLock, `source = "sparse+https://crates.example/"`, "pkg:cargo/a@1.0", false},
	{CargoLock, `source = "git+https://github.com/acme/forked?branch=main#` + sha + `"`, forked, false},
	{CargoLock, `source = "git+ssh://git@github.com/acme/forked.git#` + sha + `"`, forked, false},
	{CargoLock, `source = "git+https://git.example/acme/forked#` + sha + `"`, "", true},
	{CargoLock, `checksum = "00"`, "", true},

	{UvLock, `source = { registry = "https://pypi.example/simple" }`, "pkg:pypi/a@1.0", false},
	{UvLock, `source = { git = "https://github.com/acme/forked?rev=main#` + sha + `" }`, forked, false},
	{UvLock, `source = { git = "https://git.example/acme/forked#` + sha + `" }`, "", true},
	{UvLock, `source = { path = "vendor/a-1.0-py3-none-any.whl" }`, "", true},
	{UvLock, `source = { editable = "packages/a" }`, "", true},
	{UvLock, `source = { virtual = "." }`, "", true},
	{UvLock, `source = { directory = "../a" }`, "", true},
	{UvLock, `source = { url = "https://files.example/a-1.0.tar.gz", subdirectory = "x" }`, "pkg:pypi/a", false},

	{PoetryLock, `optional = false`, "pkg:pypi/a@1.0", false},
	{PoetryLock, "[package.source]\ntype = \"legacy\"\nurl = \"https://pypi.example/simple\"\nreference = \"mine\"", "pkg:pypi/a@1.0", false},
	{PoetryLock, "[package.source]\ntype = \"git\"\nurl = \"https://github.com/acme/forked.git\"\nreference = \"HEAD\"\nresolved_reference = \"" + sha + "\"", forked, false},
	{PoetryLock, "[package.source]\ntype = \"git\"\nurl = \"git@github.com:acme/forked.git\"\nreference = \"HEAD\"\nresolved_reference = \"" + sha + "\"", forked, false},
	{PoetryLock, "[package.source]\ntype = \"git\"\nurl = \"https://git.example/acme/forked\"\nresolved_reference = \"" + sha + "\"", "", true},
	{PoetryLock, "[package.source]\nreference = \"" + sha + "\"\ntype = \"git\"\nurl = \"https://github.com/acme/forked.git\"", forked, false},
	{PoetryLock, "[package.source]\ntype = \"git\"\nurl = \"https://github.com/acme/forked.git\"\nreference = \"main\"", "", true},
	{PoetryLock, "[package.source]\ntype = \"url\"\nurl = \"https://files.example/a-1.0.tar.gz\"", "pkg:pypi/a", false},
	{PoetryLock, "[package.source]\ntype = \"directory\"\nurl = \"../a\"", "", true},
	{PoetryLock, "[package.source]\ntype = \"file\"\nurl = \"a-1.0.tar.gz\"", "", true},

	{PdmLock, `requires_python = ">=3.8"`, "pkg:pypi/a@1.0", false},
	{PdmLock, "git = \"https://github.com/acme/forked.git\"\nref = \"main\"\nrevision = \"" + sha + "\"", forked, false},
	{PdmLock, "hg = \"https://hg.example/a\"\nrevision = \"" + sha + "\"", "", true},
	{PdmLock, "path = \"./a\"\neditable = true", "", true},
	{PdmLock, `url = "https://files.example/a-1.0.tar.gz"`, "pkg:pypi/a", false},

	{PylockTOML, `index = "https://pypi.example/simple"`, "pkg:pypi/a@1.0", false},
	{PylockTOML, `vcs = {type = "git", url = "https://github.com/acme/forked.git", commit-id = "` + sha + `"}`, forked, false},
	{PylockTOML, "[packages.vcs]\ntype = \"git\"\nurl = \"https://github.com/acme/forked.git\"\ncommit-id = \"" + sha + "\"", forked, false},
	{PylockTOML, `vcs = {type = "hg", url = "https://hg.example/a", commit-id = "` + sha + `"}`, "", true},
	{PylockTOML, `vcs = {type = "git", path = "../a", commit-id = "` + sha + `"}`, "", true},
	{PylockTOML, `directory = {path = "."}`, "", true},
	{PylockTOML, `archive = {path = "a-1.0.tar.gz"}`, "", true},
	{PylockTOML, `archive = {url = "https://files.example/a-1.0.tar.gz"}`, "pkg:pypi/a", false},
}

// The readers of lines and the decoders judge a package's source alike.
func TestTOMLSources(t *testing.T) {
	t.Parallel()
	for _, c := range tomlSources {
		table := "[[package]]"
		if c.format == PylockTOML {
			table = "[[packages]]"
		}
		content := table + "\nname = \"a\"\nversion = \"1.0\"\n" + c.keys + "\n"
		if own, ok := readers[c.format]; ok {
			entries, err := own(t.Context(), []byte(content))
			require.NoError(t, err, content)
			require.Len(t, entries, 1)
		}
		for _, content := range []string{content, strings.Replace(content, table, table+" # a comment", 1)} {
			result, err := Extract(t.Context(), string(c.format), []byte(content))
			require.NoError(t, err, content)
			require.Equal(t, c.want, strings.Join(result.Purls, " "), content)
			require.Equal(t, c.skipped, result.Skipped == 1, content)
		}
	}
}

// What is valid TOML and not in the form that the tools write is left to the decoder.
func TestTOMLInOtherForms(t *testing.T) {
	t.Parallel()
	const keys = "name = \"a\"\nversion = \"1\"\nsource = \"registry+x\"\n"
	for _, content := range []string{
		"[[ package ]]\n" + keys,
		"[[package]] # [x]\n" + keys,
		"[[\"package\"]]\n" + keys,
		"[['package']]\n" + keys,
		"package = [{name=\"a\", version=\"1\", source=\"registry+x\"}]\n",
		"\"package\" = [{name=\"a\", version=\"1\", source=\"registry+x\"}]\n",
		"package = [\n{name=\"a\", version=\"1\", source=\"registry+x\"},\n]\n",
		"[[package]]\n\"name\" = \"a\"\nversion = \"1\"\nsource = \"registry+x\"\n",
		"[[package]]\nname = 'a'\nversion = \"1\"\nsource = \"registry+x\"\n",
		"[[package]]\nname = \"\\u0061\"\nversion = \"1\"\nsource = \"registry+x\"\n",
		"[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"registry+\\u0078\" # x\n",
		"[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"registry+x\"\nx = { y = \"\"\"\n[[package]]\nname = \"b\"\n\"\"\" }\n",
	} {
		_, err := readCargoLock(t.Context(), []byte(content))
		require.ErrorIs(t, err, errOther, content)
		result, err := Extract(t.Context(), "Cargo.lock", []byte(content))
		require.NoError(t, err, content)
		require.Equal(t, []string{"pkg:cargo/a@1"}, result.Purls, content)
	}
	for _, source := range []string{`source = {git="https://github.com/acme/forked#` + sha + `"}`, "[package.source]\ngit = \"https://github.com/acme/forked#" + sha + "\"", "[package.\"source\"]\n\"git\" = 'https://github.com/acme/forked#" + sha + "'"} {
		result, err := Extract(t.Context(), "uv.lock", []byte("[[package]]\nname = \"a\"\n"+source+"\n"))
		require.NoError(t, err, source)
		require.Equal(t, []string{forked}, result.Purls, source)
	}
}

// Lines below a source that nobody asks for cost nothing but reading them: they were joined, one after the other.
func TestCargoLockWithManyLinesOfSource(t *testing.T) {
	t.Parallel()
	content := "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"registry+x\"\n[package.source]\n"
	content += strings.Repeat("a = 1\n", (MaxBytes-len(content))/6)
	result, err := Extract(t.Context(), "Cargo.lock", []byte(content))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:cargo/a@1"}, result.Purls)
}
