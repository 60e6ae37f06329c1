package history

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestDiffJudgesEachPackageByItsVersions(t *testing.T) {
	type set = []string
	add := func(pkg string, purls, to set) packageChange { return packageChange{added, pkg, purls, set{}, to} }
	for name, c := range map[string]struct {
		before []set
		after  set
		want   []packageChange
	}{
		"nothing": {before: []set{{"pkg:npm/a@1"}}, after: set{"pkg:npm/a@1"}},
		"added with two versions": {
			before: []set{nil}, after: set{"pkg:npm/a@2", "pkg:npm/a@1"},
			want: []packageChange{add("pkg:npm/a", set{"pkg:npm/a@1", "pkg:npm/a@2"}, set{"1", "2"})},
		},
		"names that begin alike are different packages": {
			before: []set{{"pkg:npm/a@1"}}, after: set{"pkg:npm/a@1", "pkg:npm/a-b@1", "pkg:npm/%40a/b@1"},
			want: []packageChange{
				add("pkg:npm/%40a/b", set{"pkg:npm/%40a/b@1"}, set{"1"}), add("pkg:npm/a-b", set{"pkg:npm/a-b@1"}, set{"1"}),
			},
		},
		"removed": {
			before: []set{{"pkg:npm/a@1", "pkg:npm/a@2"}},
			want:   []packageChange{{removed, "pkg:npm/a", set{"pkg:npm/a@1", "pkg:npm/a@2"}, set{"1", "2"}, set{}}},
		},
		"changed names what appeared": {
			before: []set{{"pkg:npm/a@1", "pkg:npm/a@2"}}, after: set{"pkg:npm/a@2", "pkg:npm/a@3"},
			want: []packageChange{{changed, "pkg:npm/a", set{"pkg:npm/a@3"}, set{"1", "2"}, set{"2", "3"}}},
		},
		"changed names the package when versions only went": {
			before: []set{{"pkg:npm/a@1", "pkg:npm/a@2"}}, after: set{"pkg:npm/a@2"},
			want: []packageChange{{changed, "pkg:npm/a", set{"pkg:npm/a"}, set{"1", "2"}, set{"2"}}},
		},
		"a version comes to a package without one": {
			before: []set{{"pkg:pypi/a"}}, after: set{"pkg:pypi/a@1"},
			want: []packageChange{{changed, "pkg:pypi/a", set{"pkg:pypi/a@1"}, set{""}, set{"1"}}},
		},
		"versions are shown as people write them": {
			before: []set{nil}, after: set{"pkg:npm/a@1%2B2"},
			want: []packageChange{add("pkg:npm/a", set{"pkg:npm/a@1%2B2"}, set{"1+2"})},
		},
		"a merge takes from either side in silence": {
			before: []set{{"pkg:npm/a@1", "pkg:npm/b@2"}, {"pkg:npm/a@2", "pkg:npm/b@1"}}, after: set{"pkg:npm/a@2", "pkg:npm/b@2"},
		},
		"a merge adds what no side had": {
			before: []set{{"pkg:npm/a@1"}, {"pkg:npm/a@2"}}, after: set{"pkg:npm/a@1", "pkg:npm/c@1"},
			want: []packageChange{add("pkg:npm/c", set{"pkg:npm/c@1"}, set{"1"})},
		},
		"a merge removes what every side had": {
			before: []set{{"pkg:npm/a@1", "pkg:npm/b@1"}, {"pkg:npm/a@2"}},
			want:   []packageChange{{removed, "pkg:npm/a", set{"pkg:npm/a@1", "pkg:npm/a@2"}, set{"1", "2"}, set{}}},
		},
		"a merge changes to what no side had": {
			before: []set{{"pkg:npm/a@1"}, {"pkg:npm/a@2"}, nil}, after: set{"pkg:npm/a@1", "pkg:npm/a@2"},
			want: []packageChange{{changed, "pkg:npm/a", set{"pkg:npm/a"}, set{"1", "2"}, set{"1", "2"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			table := newPurlTable()
			var before []state
			for _, purls := range c.before {
				before = append(before, table.state(purls))
			}
			got := table.diff(before, table.state(c.after))
			require.Empty(t, cmp.Diff(c.want, got, cmp.AllowUnexported(packageChange{})))
		})
	}
}
