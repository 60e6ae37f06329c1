package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestYarnLongKeys(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "yarn.lock", []byte(`__metadata:
  version: 8

? "a@npm:^1.0.0, a@npm:^1.1.0"
:
  version: 1.2.0
  resolution: "a@npm:1.2.0"

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"

? "m@workspace:*, m@workspace:packages/m"
:
  version: 0.0.0-use.local
  resolution: "m@workspace:packages/m"
`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:npm/a@1.2.0", "pkg:npm/b@2.0.0"}, result.Purls)
	require.Equal(t, 1, result.Skipped)
}

// A key in two lines is whole, or the file is refused.
func TestYarnKeysThatAreCutOff(t *testing.T) {
	t.Parallel()
	for _, content := range []string{
		"? \"a@npm:^1\"\n",
		"? \"a@npm:^1\"\n  version: 1.0.0\n",
		"? \"a@npm:^1\"\n\"b@npm:^1\":\n  version: 1.0.0\n",
		"? \"a@npm:^1\"\n? \"b@npm:^1\"\n:\n  version: 1.0.0\n",
		":\n  version: 1.0.0\n",
	} {
		_, err := Extract(t.Context(), "yarn.lock", []byte(content))
		require.ErrorIs(t, err, ErrInvalid, content)
	}
}

func TestYarnWorkspaceOfARepository(t *testing.T) {
	t.Parallel()
	for _, fragment := range []string{"commit=0a1b2c3", "workspace=x&commit=0a1b2c3", "commit=0a1b2c3&workspace=%40s%2Fx", "0a1b2c3", "commit:0a1b2c3"} {
		result, err := Extract(t.Context(), "yarn.lock", []byte(`"x@https://github.com/o/r.git":
  version: 1.0.0
  resolution: "x@https://github.com/o/r.git#`+fragment+`"
`))
		require.NoError(t, err)
		require.Equal(t, []string{"pkg:github/o/r@0a1b2c3"}, result.Purls, fragment)
	}
}

// A file with keys in quotes has members of the workspace and repositories like any other.
func TestYarnKeysInQuotes(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "yarn.lock", []byte(`"a@npm:^1.0.0":
  "version": 1.2.0
  "resolution": "a@npm:1.2.0"

"m@workspace:.":
  "version": 0.0.0-use.local
  "resolution": "m@workspace:."

"x@https://github.com/acme/forked.git":
  "version": 1.0.0
  "resolution": "x@https://github.com/acme/forked.git#commit=`+sha+`"
`))
	require.NoError(t, err)
	require.Equal(t, []string{forked, "pkg:npm/a@1.2.0"}, result.Purls)
	require.Equal(t, 1, result.Skipped)
}

// The extractor ends at a line that is longer than its buffer.
func TestYarnInAnotherFormWithALongLine(t *testing.T) {
	t.Parallel()
	content := "a@^1: # x\n  version \"1.0.0\"\n" + strings.Repeat("b@^1, ", 20_000) + "b@^2:\n  version \"1.0.0\"\n"
	_, err := Extract(t.Context(), "yarn.lock", []byte(content))
	require.ErrorIs(t, err, ErrInvalid)
	require.ErrorContains(t, err, "a line of more than 65536 bytes")

	result, err := Extract(t.Context(), "yarn.lock", []byte(strings.Replace(content, " # x", "", 1)))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"}, result.Purls)
}
