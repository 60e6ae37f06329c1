package vers

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The versions of a line are in ascending order; those of a group are equal.
func TestOrdersOfTheEcosystems(t *testing.T) {
	t.Parallel()
	for purlType, groups := range map[string][][]string{
		"composer": {
			{"1.0.0-dev"},
			{"1.0.0-alpha1", "1.0.0-a1", "1.0.0-ALPHA1"},
			{"1.0.0-beta2", "1.0beta2"},
			{"1.0.0-RC1"},
			{"1", "1.0", "v1.0", "1.0.0", "1.0.0.0", "1.0.0-stable", "1.0.0+build"},
			{"1.0.0-patch1", "1.0.0-pl1"},
			{"1.0.1"},
			{"1.99.0"},
			{"1.x-dev"},
			{"2.0"},
		},
		"conan": {
			{"1.0.0-"},
			{"1.0.0-alpha1"},
			{"1", "1.0", "1.0.0", "1.0.0.0"},
			{"1.1-pre1"},
			{"1.1-pre2", "1.1.0-pre2.0"},
			{"1.1"},
			{"1.1+b.3"},
			{"1.1+b.22"},
			{"1.1.a"},
			{"1.1a"},
			{"1.2"},
			{"1.22"},
			{"1.a"},
			{"2"},
			{"a.b.c"},
			{"b.c"},
			{"cci.20200203"},
		},
		"gem":   {{"1.0.0.alpha"}, {"1.0.0-rc1", "1.0.0.pre.rc1"}, {"1.0.0-1", "1.0.0.pre.1"}, {"1.0.0.rc1"}, {"1.0", "1.0.0"}, {"1.0.0.1"}},
		"julia": {{"1.0.0-rc1"}, {"1.0.0-rc1+1"}, {"1.0.0", "v1.0.0"}, {"1.0.0+0"}, {"1.0.0+2"}, {"1.0.0+10"}, {"1.0.1"}},
		"pub":   {{"1.0.0-dev.2"}, {"1.0.0-dev.10"}, {"1.0.0"}, {"1.0.0+2"}, {"1.0.0+2.1"}, {"1.0.0+10"}, {"1.0.0+hotfix"}, {"1.0.0+hotfix.9"}, {"1.0.0+hotfix.10"}, {"1.1.0"}},
	} {
		var ascending []string
		rank := map[string]int{}
		for i, group := range groups {
			for _, version := range group {
				ascending, rank[version] = append(ascending, version), i
			}
		}
		for _, a := range ascending {
			for _, b := range ascending {
				order, ok := Parse(purlType, a).Compare(Parse(purlType, b))
				require.True(t, ok, "%s: %s, %s", purlType, a, b)
				want := max(-1, min(1, rank[a]-rank[b]))
				require.Equal(t, want, order, "%s: %s, %s", purlType, a, b)
			}
		}
	}
	require.False(t, Parse("conan", "").Known())
}

func TestComposerRangesCountFourNumbers(t *testing.T) {
	t.Parallel()
	r, err := ParseRange("composer", "vers:composer/<=2.0")
	require.NoError(t, err)
	require.True(t, r.Holds("v2.0.0"))
	r, err = ParseRange("composer", "vers:composer/<2.0.0")
	require.NoError(t, err)
	require.False(t, r.Holds("2.0"))
}
