package importer_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExposureIsWhatGitLogSays compares, for packages of three formats, the commits that touch them with those that git log finds by the lines that state
// their versions. git log looks at no merges, so those are left to the tests of history.
func TestExposureIsWhatGitLogSays(t *testing.T) {
	s, o := newService(), options(t)
	_, err := run(t.Context(), s, o)
	require.NoError(t, err)
	merges := strings.Fields(git(t, o.Path, "rev-list", "--merges", "HEAD"))
	byPackage := map[string]map[string]bool{} // package and file -> commits
	for _, event := range s.events {
		if event.GetName() == "commit.authored" {
			continue
		}
		commit := field(event.GetPropertiesJson(), "commit")
		if slices.Contains(merges, commit) {
			continue
		}
		name, _, _ := strings.Cut(event.GetPackages()[0], "@")
		key := name + " " + field(event.GetPropertiesJson(), "path")
		if byPackage[key] == nil {
			byPackage[key] = map[string]bool{}
		}
		byPackage[key][commit] = true
	}
	checked := 0
	for key, commits := range byPackage {
		name, path, _ := strings.Cut(key, " ")
		line := versionLine(name, path)
		if line == "" || len(commits) < 2 { // Most packages came with the first commit and stayed.
			continue
		}
		checked++
		found := strings.Fields(git(t, o.Path, "log", "--full-history", "--no-merges", "--format=%H", "-G", line, "HEAD", "--", path))
		slices.Sort(found)
		require.Equal(t, found, slices.Sorted(maps.Keys(commits)), key)
	}
	require.Greater(t, checked, 10)
}

// versionLine matches the lines of a file that state a package's version.
func versionLine(purl, path string) string {
	name := purl[strings.IndexByte(purl, '/')+1:]
	name = regexp.QuoteMeta(strings.ReplaceAll(name, "%40", "@"))
	switch path {
	case "api/go.mod":
		return `^` + "\t" + name + ` v`
	case "ml/requirements.txt":
		return `^` + name + `==`
	case "web/package-lock.json", "docs/yarn.lock":
		return `packages\.example\.org/` + name + `/-/`
	}
	return ""
}

// field reads a text field of flat JSON.
func field(json, name string) string {
	_, rest, _ := strings.Cut(json, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
