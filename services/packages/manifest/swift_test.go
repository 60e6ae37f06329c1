package manifest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Xcode before 13.3 writes version 1; the file named no package there.
func TestPackageResolvedOfVersion1(t *testing.T) {
	t.Parallel()
	result, err := Extract(t.Context(), "Package.resolved", []byte(`{"object": {"pins": [
		{"package": "Alamofire", "repositoryURL": "https://github.com/Alamofire/Alamofire.git", "state": {"branch": null, "revision": "`+sha+`", "version": "5.4.3"}},
		{"package": "Branch", "repositoryURL": "https://github.com/acme/Branch", "state": {"branch": "main", "revision": "`+sha+`", "version": null}}
	]}, "version": 1}`))
	require.NoError(t, err)
	require.Equal(t, []string{"pkg:swift/github.com/Alamofire/Alamofire@5.4.3", "pkg:swift/github.com/acme/Branch"}, result.Purls)
}

func TestPackageResolvedAddresses(t *testing.T) {
	t.Parallel()
	for location, want := range map[string][]string{
		"https://github.com/acme/forked.git":          {"pkg:swift/github.com/acme/forked@1.0.0"},
		"https://github.com/acme/forked/":             {"pkg:swift/github.com/acme/forked@1.0.0"},
		"git@github.com:acme/forked.git":              {"pkg:swift/github.com/acme/forked@1.0.0"},
		"ssh://git@github.com/acme/forked.git":        {"pkg:swift/github.com/acme/forked@1.0.0"},
		"https://user:secret@github.com/acme/forked":  {"pkg:swift/github.com/acme/forked@1.0.0"},
		"ssh://git@Git.Acme.example:7999/acme/forked": {"pkg:swift/git.acme.example/acme/forked@1.0.0"},
		"https://www.GitHub.com/acme/forked.git":      {"pkg:swift/github.com/acme/forked@1.0.0"},
		"file:///srv/forked":                          {},
		"/srv/forked":                                 {},
		"":                                            {},
	} {
		result, err := Extract(t.Context(), "Package.resolved", []byte(`{"pins": [{"identity": "forked", "location": "`+location+`", "state": {"version": "1.0.0"}}], "version": 2}`))
		require.NoError(t, err, location)
		require.Equal(t, want, result.Purls, location)
		require.Equal(t, 1-len(want), result.Skipped, location)
	}
}
