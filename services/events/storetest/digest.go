package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

var digestCases = []testCase{
	{"a digest of nothing is the zero digest", emptyDigest},
	{"a digest counts a period beside the one before", digests},
	{"the developers of a digest are the current ones", digestReassigned},
}

func (s *subject) digest(change ...func(*events.DigestQuery)) events.Digest {
	s.t.Helper()
	end := noon.Add(24 * time.Hour)
	q, err := events.NewDigestQuery(&noon, &end)
	require.NoError(s.t, err)
	q.Limit = 100
	for _, c := range change {
		c(&q)
	}
	d, err := s.store.Digest(s.t.Context(), s.org, q)
	require.NoError(s.t, err)
	return d
}

func emptyDigest(t *testing.T, s *subject) {
	s.append(s.event("before", at(noon.Add(-24*time.Hour-time.Microsecond))), s.event("after", at(noon.Add(24*time.Hour))))
	equal(t, events.Digest{}, s.digest(), "digest")
}

func digests(t *testing.T, s *subject) {
	before := at(noon.Add(-time.Microsecond))
	in := func(project string) func(*events.Event) { return func(e *events.Event) { e.Project = project } }
	agent := func(e *events.Event) { e.Source = events.Source{Kind: events.SourceAgent, Tool: "claude"} }
	s.append(
		s.event("a", by("ada@example.org", "ada"), in("p"), touching("pkg:npm/x@1", "pkg:npm/x@2")),
		s.event("b", by("ada@example.org", "ada"), in("p"), agent, named("package.removed"), touching("pkg:npm/x@1", "pkg:npm/y@1")),
		s.event("c", by("bo@example.org", "bo"), in("q"), named("package.changed"), touching("pkg:npm/y@2")),
		s.event("d", by("ghost@example.org", ""), named("editor.opened"), touching("pkg:npm/z@1")),
		s.event("e", by("bo@example.org", "bo"), in("q"), agent, before, touching("pkg:npm/old@1")),
		s.event("f", by("cy@example.org", "cy"), in("q"), before, named("commit.authored")),
	)
	git, claude := events.Tool{Kind: events.SourceGit, Name: "git"}, events.Tool{Kind: events.SourceAgent, Name: "claude"}
	equal(t, events.Digest{
		Events:     events.Tally{Current: 4, Previous: 2},
		Developers: events.Tally{Current: 2, Previous: 2},
		Agents:     events.Tally{Current: 1, Previous: 1},
		Sources: events.Tallies[events.Tool]{Total: 2, Rows: []events.Tallied[events.Tool]{
			{Key: git, Tally: events.Tally{Current: 3, Previous: 1}}, {Key: claude, Tally: events.Tally{Current: 1, Previous: 1}},
		}},
		Names: events.Tallies[string]{Total: 5, Rows: []events.Tallied[string]{
			{Key: "package.added", Tally: events.Tally{Current: 1, Previous: 1}},
			{Key: "editor.opened", Tally: events.Tally{Current: 1}},
			{Key: "package.changed", Tally: events.Tally{Current: 1}},
			{Key: "package.removed", Tally: events.Tally{Current: 1}},
			{Key: "commit.authored", Tally: events.Tally{Previous: 1}},
		}},
		Projects: events.Tallies[string]{Total: 2, Rows: []events.Tallied[string]{
			{Key: "p", Tally: events.Tally{Current: 2}}, {Key: "q", Tally: events.Tally{Current: 1, Previous: 2}},
		}},
		Packages: events.PackageActivities{Total: 2, Rows: []events.PackageActivity{
			{Package: "pkg:npm/x", Added: 1, Removed: 1}, {Package: "pkg:npm/y", Changed: 1, Removed: 1},
		}},
	}, s.digest(), "digest")

	cut := s.digest(func(q *events.DigestQuery) { q.Limit = 1 })
	require.Len(t, cut.Projects.Rows, 1)
	require.Equal(t, 2, cut.Projects.Total)
	require.Len(t, cut.Packages.Rows, 1)
	require.Equal(t, 2, cut.Packages.Total)
	q := s.digest(func(q *events.DigestQuery) { q.Filter.Projects = []string{"q"} })
	equal(t, events.Tally{Current: 1, Previous: 2}, q.Events, "events of a project")
	require.Equal(t, 1, q.Packages.Total)
}

func digestReassigned(t *testing.T, s *subject) {
	s.append(s.event("a", by("ada@example.org", "ada")), s.event("b", by("bo@example.org", "bo")))
	require.NoError(t, s.store.Reassign(t.Context(), s.org, []events.Reassignment{{Identity: actor("bo@example.org"), DeveloperID: ID("ada"), Sequence: 1}}))
	equal(t, events.Tally{Current: 1}, s.digest().Developers, "developers")
	equal(t, events.Tally{Current: 2}, s.digest(func(q *events.DigestQuery) { q.Filter.DeveloperIDs = append(q.Filter.DeveloperIDs, ID("ada")) }).Events, "events of ada")
}
