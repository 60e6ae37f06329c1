package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

var manifestCases = []testCase{
	{"the newest change of a package in each file of each project is told", newestChanges},
	{"a path that is no text names no file", oddPaths},
	{"a path is that of the event, whatever else its properties hold", pathsBeside},
}

// change is an event of a manifest.
func (s *subject) change(name, project, path string, hour int, purls ...string) events.Event {
	return s.event(fmt.Sprint(name, project, path, hour, purls), named(name), touching(purls...), at(noon.Add(time.Duration(hour)*time.Hour)), func(e *events.Event) {
		e.Project = project
		e.Properties = fmt.Sprintf(`{"path":%q}`, path)
	})
}

func (s *subject) manifestChanges(pkg string, projects ...string) []events.ManifestChange {
	s.t.Helper()
	list, err := s.store.ManifestChanges(s.t.Context(), s.org, pkg, projects)
	require.NoError(s.t, err)
	return list
}

func newestChanges(t *testing.T, s *subject) {
	s.append(
		s.change("package.added", "p", "go.mod", 0, "pkg:npm/x@1"),
		s.change("package.changed", "p", "go.mod", 2, "pkg:npm/x@2", "pkg:npm/y@1"),
		s.change("package.removed", "p", "go.mod", 1, "pkg:npm/x@1"),
		s.change("package.removed", "p", "a/go.mod", 1, "pkg:npm/x@1"),
		s.change("package.seen", "p", "a/go.mod", 5, "pkg:npm/x@1"),
		s.change("package.added", "p", "a/go.mod", 6, "pkg:npm/y@1"),
		s.change("package.added", "q", "go.mod", 0, "pkg:npm/x"),
		s.change("package.added", "r", "go.mod", 0, "pkg:npm/x"),
	)
	equal(t, []events.ManifestChange{
		{Project: "p", Path: "a/go.mod", Name: "package.removed", Packages: []string{"pkg:npm/x@1"}, Properties: `{"path":"a/go.mod"}`},
		{Project: "p", Path: "go.mod", Name: "package.changed", Packages: []string{"pkg:npm/x@2", "pkg:npm/y@1"}, Properties: `{"path":"go.mod"}`},
		{Project: "q", Path: "go.mod", Name: "package.added", Packages: []string{"pkg:npm/x"}, Properties: `{"path":"go.mod"}`},
	}, s.manifestChanges("pkg:npm/x", "p", "q", "nothing"), "changes")
	equal(t, []events.ManifestChange(nil), s.manifestChanges("pkg:npm/x"), "changes of no project")
}

func oddPaths(t *testing.T, s *subject) {
	for i, properties := range []string{`{}`, `{"path":null}`, `{"path":7}`, `{"path":{"a":"b"}}`, `{"path":"a\u0000"}`, `{"path":"a","other":"\u0000\u0000","third":"\\\u0000"}`} {
		s.append(s.event(properties, named("package.added"), touching("pkg:npm/x@1"), at(noon.Add(time.Duration(i)*time.Hour)), func(e *events.Event) {
			e.Project, e.Properties = "p", properties
		}))
	}
	changes := s.manifestChanges("pkg:npm/x", "p")
	require.Len(t, changes, 2)
	require.Empty(t, changes[0].Path)
	equal(t, `{"path":"a\u0000"}`, changes[0].Properties, "properties")
	require.Equal(t, "a", changes[1].Path)
}

// pathsBeside has the path beside what a parser of JSON may give up on, and written in other ways.
func pathsBeside(t *testing.T, s *subject) {
	for i, properties := range []string{
		`{"build":123456789012345678901234567890,"path":"a/go.mod"}`,
		`{"build":-123456789012345678901234567890,"inner":{"path":"b"},"path":"a/go.mod"}`,
		`{"path":"a\\\"\u0001é\ud83d\ude00"}`,
		`{"path":"a/go.mod"}`,
	} {
		name := "package.added"
		if i == 3 {
			name = "package.removed"
		}
		s.append(s.event(properties, named(name), touching("pkg:npm/x@1"), at(noon.Add(time.Duration(i)*time.Hour)), func(e *events.Event) {
			e.Project, e.Properties = "p", properties
		}))
	}
	var got []string
	for _, c := range s.manifestChanges("pkg:npm/x", "p") {
		got = append(got, c.Name+" "+c.Path)
	}
	equal(t, []string{"package.removed a/go.mod", "package.added a\\\"\x01é😀"}, got, "changes")
}
