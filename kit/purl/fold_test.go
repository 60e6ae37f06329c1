package purl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/purl"
)

func TestSpellingsOfOnePackageAreOneKey(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, text, core, pkg, version string }{
		{"pkg:golang/golang.org/x/sync@v0.24.0", "pkg:golang/golang.org/x/sync@v0.24.0", "pkg:golang/golang.org/x/sync@0.24.0", "pkg:golang/golang.org/x/sync", "0.24.0"},
		{"pkg:golang/golang.org/x/sync@0.24.0", "pkg:golang/golang.org/x/sync@0.24.0", "pkg:golang/golang.org/x/sync@0.24.0", "pkg:golang/golang.org/x/sync", "0.24.0"},
		{"pkg:golang/example.org/a/b@vendored", "pkg:golang/example.org/a/b@vendored", "pkg:golang/example.org/a/b@vendored", "pkg:golang/example.org/a/b", "vendored"},
		{"pkg:pypi/zope.interface@6.0", "pkg:pypi/zope.interface@6.0", "pkg:pypi/zope-interface@6.0", "pkg:pypi/zope-interface", "6.0"},
		{"pkg:pypi/Zope_._Interface", "pkg:pypi/zope-.-interface", "pkg:pypi/zope-interface", "pkg:pypi/zope-interface", ""},
		{"pkg:npm/lodash.merge@v1.0.0", "pkg:npm/lodash.merge@v1.0.0", "pkg:npm/lodash.merge@v1.0.0", "pkg:npm/lodash.merge", "v1.0.0"},
	} {
		p, err := purl.Parse(tc.in)
		require.NoError(t, err, tc.in)
		require.Equal(t, tc.text, p.String(), tc.in)
		require.Equal(t, tc.core, p.Core(), tc.in)
		require.Equal(t, tc.pkg, p.Package(), tc.in)
		require.Equal(t, tc.version, p.VersionKey(), tc.in)
	}
}
