package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is valid and not in the form that the tool writes is decoded, never passed over.
func TestOtherForms(t *testing.T) {
	t.Parallel()
	const resolution = "    resolution: {integrity: x}\n"
	for _, c := range []struct {
		format        Format
		content, want string
	}{
		{PackageLock, `{"packages": {"node_modules/a": {"version": "1"}}, "packages": {"node_modules/b": {"version": "1"}}}`, "pkg:npm/a@1 pkg:npm/b@1"},
		{PackageLock, `{"packages": {"node_modules/a": {"version": "1"}}, "pack\u0061ges": {"node_modules/b": {"version": "1"}}}`, "pkg:npm/a@1 pkg:npm/b@1"},
		{PackageLock, `{"pack\u0061ges": {"node_modules/a": {"version": "1"}}}`, "pkg:npm/a@1"},
		{PackageLock, `{"packages": {"node_modules/a": {"versi\u006fn": "1"}}}`, "pkg:npm/a@1"},

		{PnpmLock, "lockfileVersion: '9.0'\npackages: {left-pad@1.3.0: {resolution: {integrity: x}}}\n", "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "{lockfileVersion: '9.0', packages: {left-pad@1.3.0: {resolution: {integrity: x}}}}\n", "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages: # x\n\n  left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages: &x\n\n  left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages :\n\n  left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\n\"p\\u0061ckages\":\n\n  left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0' # x\npackages:\n\n  left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n\n  &x left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n\n  \"left\\x2dpad@1.3.0\":\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  left-pad@1.3.0: # x\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  ? left-pad@1.3.0\n  :\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  x:\n" + resolution + "    name: left-pad # x\n    version: 1.3.0\n", "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  a@file:x:\n   resolution: {directory: x, type: directory}\n", ""},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n      resolution: {repo: https://github.com/acme/forked, commit: " + sha + ", type: git}\n", forked},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution : {repo: https://github.com/acme/forked, commit: " + sha + ", type: git}\n", forked},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {repo: https://github.com/acme/forked,commit: x}\n", "pkg:npm/a@1.0.0"},
		{PnpmLock, "lockfileVersion: '9.0'\npackages:\n  'x''y':\n" + resolution + "    name: left-pad\n    version: 1.3.0\n", "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "---\nlockfileVersion: '9.0'\npackages: {}\n---\nlockfileVersion: '9.0'\npackages:\n  left-pad@1.3.0:\n" + resolution, "pkg:npm/left-pad@1.3.0"},
		{PnpmLock, "lockfileVersion: 5.1\npackages:\n  /a/1.0.0/b@2.0.0:\n" + resolution, "pkg:npm/a@1.0.0"},
		{PnpmLock, "lockfileVersion: 5.1\npackages:\n  registry.example/@s/a/1.0.0_b@2.0.0:\n" + resolution, "pkg:npm/%40s/a@1.0.0"},
	} {
		result, err := Extract(t.Context(), string(c.format), []byte(c.content))
		require.NoError(t, err, c.content)
		require.Equal(t, c.want, strings.Join(result.Purls, " "), c.content)
	}
}
