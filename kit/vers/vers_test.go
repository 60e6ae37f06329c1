package vers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
)

func TestRangesHoldTheirVersions(t *testing.T) {
	cases := []struct {
		purlType, text string
		in, out        []string
	}{
		{"npm", "vers:npm/*", []string{"1.0.0", "latest", ""}, nil},
		{"npm", "vers:npm/1.2.3", []string{"1.2.3"}, []string{"1.2.4", "1.2.30", "latest"}},
		{"npm", "vers:npm/=1.2.3|latest", []string{"1.2.3", "latest"}, []string{"2.0.0", "next"}},
		{"npm", "vers:npm/>=1.2.0|<2.0.0", []string{"1.2.0", "1.99.0", "2.0.0-rc.1"}, []string{"1.1.9", "2.0.0", "latest", ""}},
		{"npm", "vers:npm/<1.0.0|>=2.0.0|<2.5.0|>=3.0.0", []string{"0.9.0", "2.0.0", "2.4.9", "3.0.0", "9.0.0"}, []string{"1.0.0", "1.9.9", "2.5.0", "2.9.0"}},
		{"npm", "vers:npm/>=1.0.0|!=1.5.0|<2.0.0", []string{"1.4.9", "1.5.1"}, []string{"1.5.0", "2.0.0"}},
		{"npm", "vers:npm/!=1.5.0", []string{"1.4.9", "latest"}, []string{"1.5.0"}},
		{"npm", "vers:npm/!=1.5.0|1.6.0", []string{"1.6.0"}, []string{"1.5.0", "1.7.0"}},
		{"npm", "vers:npm/>1.0.0|>=1.1.0|<2.0.0|<=3.0.0", []string{"1.0.1", "2.5.0", "3.0.0"}, []string{"1.0.0", "3.0.1"}},
		{"npm", "vers:npm/1.0%2B5", []string{"1.0+5"}, []string{"1.1.0"}},
		{"npm", "vers:npm/<1.0.0", []string{"0.9.0", "v0.9.0", "=0.9.0", "1.0.0-next-13"}, []string{"next-13", "release-2", "0d65b3a1aa"}},
		{"npm", "^1.2.0", []string{"1.2.0", "1.9.9"}, []string{"2.0.0", "1.1.9", "1.3.0-beta.1"}},
		{"npm", ">=1.0.0 <1.5.0 || 2.x", []string{"1.4.0", "2.7.0"}, []string{"1.5.0", "3.0.0", "latest"}},
		{"npm", "1.0.0 - x", []string{"1.0.0", "9.0.0"}, []string{"0.9.0", "2.0.0-rc.1"}},
		{"npm", "1.x - *", []string{"1.0.0", "9.0.0"}, []string{"0.9.0"}},
		{"npm", "||", []string{"1.0.0"}, []string{"1.0.0-rc.1"}},
		{"npm", "<1.0.0 ||", []string{"0.9.0", "2.0.0"}, []string{"2.0.0-rc.1"}},
		{"pypi", "~=1.4.2", []string{"1.4.2", "1.4.9"}, []string{"1.5.0", "1.4.1"}},
		{"pypi", ">=1.4,<=2.0", []string{"2.0+cu118", "1.5+local.1", "1.5"}, []string{"2.0.1+cu118", "1.3+cu118"}},
		{"pypi", "==2.0", []string{"2.0", "2.0+cu118"}, []string{"2.1+cu118"}},
		{"pypi", "!=2.0", []string{"2.1+cu118"}, []string{"2.0+cu118"}},
		{"pypi", ">2.0", []string{"2.1+cu118"}, []string{"2.0+cu118"}},
		{"pypi", "==2.0+cu118", []string{"2.0+cu118"}, []string{"2.0", "2.0+cpu"}},
		{"pypi", "vers:pypi/>=1.0rc1|<=1.0", []string{"1.0rc1", "1.0rc2", "1.0", "1.0.0"}, []string{"1.0.post1", "1.0a1"}},
		{"maven", "[1.0,2.0)", []string{"1.0", "1.9"}, []string{"2.0", "0.9"}},
		{"deb", "vers:deb/<1%3A2.4.47-3", []string{"1:2.4.47-2", "9.9-1"}, []string{"1:2.4.47-3", "2:0-1"}},
		{"golang", "vers:golang/>=v1.2.0|<v1.3.0", []string{"v1.2.5"}, []string{"v1.3.0"}},
		{"golang", "vers:golang/>=1.2.0|<1.3.0", []string{"1.2.5", "v1.2.5"}, []string{"1.3.0"}},
		{"golang", "vers:golang/<2.0.0", []string{"1.4.0+incompatible", "0.0.0-20200101000000-abcdefabcdef"}, []string{"a1b2c3d4e5f6", "1d65b3a1aa", "release-branch.go1"}},
		{"golang", "v0.20.0", []string{"0.20.0", "v0.20.0", "0.24.0"}, []string{"0.19.0", "v1.0.0-0.20200101000000-abcdefabcdef.x y"}},
		{"golang", "1.2.0", []string{"1.2.0", "v1.9.0"}, []string{"1.1.9", "2.0.0", "latest"}},
		{"cargo", "vers:cargo/<1.0.0", []string{"0.9.0"}, []string{"deadbeef1"}},
		{"composer", "vers:composer/<2.0.0", []string{"v1.9.0", "1.x-dev"}, []string{"dev-master", "dev-feature-1", "dev-1.x", "DEV-main#abc1", "2.x-dev"}},
		{"composer", "vers:composer/=dev-1.x", []string{"dev-1.x"}, []string{"dev-2.x"}},
		{"github", "vers:github/v1|main", []string{"v1", "main"}, []string{"v2"}},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			r, err := ParseRange(c.purlType, c.text)
			require.NoError(t, err)
			require.Equal(t, c.text, r.String())
			for _, v := range c.in {
				require.True(t, r.Holds(v), "%s should be in", v)
			}
			for _, v := range c.out {
				require.False(t, r.Holds(v), "%s should be out", v)
			}
		})
	}
}

func TestBadRangesAreRefusedWithTheReason(t *testing.T) {
	for text, reason := range map[string]string{
		"":                                    "empty",
		"  ":                                  "empty",
		"^^1":                                 "no range of npm versions",
		"vers:npm":                            "vers:type/constraints",
		"vers:npm/":                           "vers:type/constraints",
		"vers:pypi/1.0":                       "the package is of type npm",
		"vers:NPM/1.0":                        "lower case",
		"vers:npm/>=1.0.0| <2.0.0":            "blanks",
		"vers:npm/|>=1.0.0":                   "no version",
		"vers:npm/>=1.0.0|":                   "no version",
		"vers:npm/>=2.0.0|<1.0.0":             "order",
		"vers:npm/>=latest":                   "no place in the order",
		"vers:npm/1.0%2G0":                    "badly encoded",
		"vers:npm/>>1.0":                      "written with %",
		"vers:npm/*|1.0":                      "written with %",
		string(make([]byte, MaxLength)) + "x": "at most 4096 bytes",
	} {
		_, err := ParseRange("npm", text)
		require.ErrorIs(t, err, ErrRangeInvalid, text)
		require.ErrorContains(t, err, reason)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	}
	_, err := ParseRange("github", "vers:github/>1")
	require.ErrorContains(t, err, "versions of github packages have no order")
	_, err = ParseRange("github", "^1")
	require.ErrorContains(t, err, "written as vers:github/")
}

func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"vers:npm/>=1.0.0|<2.0.0", "^1.2 || 3.x", "vers:npm/*", "vers:npm/1.0%2B5|!=2"} {
		f.Add(seed, "1.2.3")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		for _, purlType := range []string{"npm", "pypi", "maven", "deb", "gem", "github"} {
			if r, err := ParseRange(purlType, text); err == nil {
				r.Holds(version)
			} else {
				require.ErrorIs(t, err, ErrRangeInvalid)
			}
		}
	})
}
