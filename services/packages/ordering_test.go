package packages_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"devtrail.dev/services/packages"
)

func sorted(purlType string, texts ...string) []string {
	versions := make([]packages.Version, len(texts))
	for i, text := range texts {
		versions[i].Version = text
	}
	packages.SortVersions(purlType, versions)
	out := make([]string, len(versions))
	for i, v := range versions {
		out[i] = v.Version
	}
	return out
}

func TestSortVersions(t *testing.T) {
	t.Parallel()
	for purlType, want := range map[string][]string{
		"cargo":    {"1.10.0", "1.9.0", "1.9.0-rc.1", "0.1.0"},
		"cran":     {"1.10", "1.9-2", "1.9.1"},
		"deb":      {"1:1.0", "2.0", "2.0~rc1"},
		"gem":      {"2.0.0", "2.0.0.pre1", "1.10"},
		"github":   {"0a", "1b", "v1.0.0", "v2.0.0"},
		"golang":   {"1.10.0", "1.9.0", "0.0.0-20240101000000-abcdef123456"},
		"maven":    {"2.0", "2.0-rc1", "2.0-beta-1", "1.0-sp", "1.0"},
		"npm":      {"10.0.0", "9.0.0", "9.0.0-beta.11", "9.0.0-beta.2", "beta", "latest"},
		"nuget":    {"2.0.0.1", "2.0.0", "2.0.0-alpha"},
		"pypi":     {"1!1.0", "2.0.post1", "2.0", "2.0rc1", "2.0.dev1", "nightly"},
		"unheard":  {"1.0", "10.0", "9.0"},
		"composer": {"2.0.0", "2.0.0-RC1", "1.0.0"},
	} {
		reversed := slices.Clone(want)
		slices.Reverse(reversed)
		require.Equal(t, want, sorted(purlType, reversed...), purlType)
	}
}

// The order follows from the set, so that a page can begin after any version of it.
func TestSortVersionsKnowsOneOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		purlType := rapid.SampledFrom([]string{"cargo", "composer", "cran", "deb", "gem", "golang", "hex", "maven", "npm", "nuget", "pub", "pypi", "rpm"}).Draw(t, "type")
		texts := rapid.SliceOfNDistinct(rapid.StringMatching(`v?[0-9]{1,2}(\.[0-9]{1,2}){0,3}([-.+~_]?(alpha|beta|rc|dev|x)?[0-9]?){0,2}`), 1, 12, rapid.ID).Draw(t, "versions")
		want := sorted(purlType, texts...)
		got := sorted(purlType, rapid.Permutation(texts).Draw(t, "shuffled")...)
		if !slices.Equal(want, got) {
			t.Fatalf("%s: %v and %v", purlType, want, got)
		}
	})
}

func TestPageVersions(t *testing.T) {
	t.Parallel()
	var versions []packages.Version
	for i := range 5 {
		versions = append(versions, packages.Version{Version: strconv.Itoa(i)})
	}
	page, more, ok := packages.PageVersions(versions, packages.VersionMark("1"), 2)
	require.True(t, ok)
	require.True(t, more)
	require.Equal(t, versions[2:4], page)
	page, more, ok = packages.PageVersions(versions, packages.VersionMark("4"), 2)
	require.True(t, ok)
	require.False(t, more)
	require.Empty(t, page)
	_, _, ok = packages.PageVersions(versions, packages.VersionMark("5"), 2)
	require.False(t, ok)
}

func BenchmarkSortVersions(b *testing.B) {
	versions := make([]packages.Version, 10_000)
	for i := range versions {
		versions[i].Version = fmt.Sprintf("%d.%d.%d", i%7, i%101, i)
	}
	for b.Loop() {
		packages.SortVersions("npm", slices.Clone(versions))
	}
}
