package storetest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

var exposureCases = []testCase{
	{"a package that nobody touched gives the zero answer", unexposed},
	{"an exposure counts who, where, by what and when", exposed},
	{"an event with several versions and qualifiers counts once", severalVersions},
	{"an exposure of versions counts an event of several of them once", someVersions},
	{"the versions of a package are those that events of the range name", packageVersions},
	{"namespaces and encoded purls name the same package in every spelling", spellings},
	{"an exposure looks at its range only", exposureRange},
	{"lists are ordered by count and then by key, and cut", exposureOrder},
}

func unexposed(t *testing.T, s *subject) {
	s.append(s.event("a", touching("pkg:npm/x@1")), s.event("b"))
	equal(t, events.Exposure{}, s.exposure("pkg:npm/nothing"), "exposure")
	equal(t, events.Exposure{}, s.exposure("pkg:npm/x@2"), "exposure of a version")
}

func seen(first, last time.Time, count int64) events.Sighting {
	return events.Sighting{First: first, Last: last, Count: count}
}

func exposed(t *testing.T, s *subject) {
	later := noon.Add(time.Hour)
	s.append(
		s.event("a", by("ada@example.org", "ada"), touching("pkg:npm/x@1"), func(e *events.Event) { e.Project, e.Source.Machine = "p", "m" }),
		s.event("b", by("ada@work.example", "ada"), touching("pkg:npm/x@2", "pkg:npm/y@1"), at(later), func(e *events.Event) { e.Project = "p" }),
		s.event("c", by("ghost@example.org", ""), touching("pkg:npm/x"), at(later), func(e *events.Event) { e.Source = events.Source{Kind: events.SourceCI} }),
		s.event("d", touching("pkg:npm/y@1")),
	)
	equal(t, events.Exposure{
		Sighting:   seen(noon, later, 3),
		Developers: events.Sightings[uuid.UUID]{Total: 1, Rows: []events.Seen[uuid.UUID]{{Key: ID("ada"), Sighting: seen(noon, later, 2)}}},
		Actors: events.Sightings[events.Actor]{Total: 3, Rows: []events.Seen[events.Actor]{
			{Key: events.Actor{Identity: actor("ada@example.org"), DeveloperID: ID("ada")}, Sighting: seen(noon, noon, 1)},
			{Key: events.Actor{Identity: actor("ada@work.example"), DeveloperID: ID("ada")}, Sighting: seen(later, later, 1)},
			{Key: events.Actor{Identity: actor("ghost@example.org")}, Sighting: seen(later, later, 1)},
		}},
		Projects: events.Sightings[string]{Total: 1, Rows: []events.Seen[string]{{Key: "p", Sighting: seen(noon, later, 2)}}},
		Sources: events.Sightings[events.Tool]{Total: 2, Rows: []events.Seen[events.Tool]{
			{Key: events.Tool{Kind: events.SourceGit, Name: "git"}, Sighting: seen(noon, later, 2)},
			{Key: events.Tool{Kind: events.SourceCI}, Sighting: seen(later, later, 1)},
		}},
		Machines: events.Sightings[string]{Total: 1, Rows: []events.Seen[string]{{Key: "m", Sighting: seen(noon, noon, 1)}}},
		Versions: events.Sightings[string]{Total: 3, Rows: []events.Seen[string]{
			{Key: "", Sighting: seen(later, later, 1)},
			{Key: "1", Sighting: seen(noon, noon, 1)},
			{Key: "2", Sighting: seen(later, later, 1)},
		}},
	}, s.exposure("pkg:npm/x"), "exposure")
	versioned := s.exposure("pkg:npm/x@2?ignored=yes#too")
	require.EqualValues(t, 1, versioned.Sighting.Count)
	require.Equal(t, ID("ada"), versioned.Developers.Rows[0].Key)
	require.Equal(t, 1, versioned.Versions.Total)
}

func severalVersions(t *testing.T, s *subject) {
	s.append(s.event("a", by("ada@example.org", "ada"), touching("pkg:npm/x@1", "pkg:npm/x@1?arch=arm", "pkg:npm/x@2", "pkg:npm/x")))
	x := s.exposure("pkg:npm/x")
	require.EqualValues(t, 1, x.Sighting.Count)
	require.EqualValues(t, 1, x.Developers.Rows[0].Sighting.Count)
	require.EqualValues(t, 1, x.Sources.Rows[0].Sighting.Count)
	require.Equal(t, 3, x.Versions.Total)
	require.EqualValues(t, 1, x.Versions.Rows[1].Sighting.Count)
	for _, purl := range []string{"pkg:npm/x@1", "pkg:npm/x@2"} {
		x := s.exposure(purl)
		require.EqualValues(t, 1, x.Sighting.Count, purl)
		require.EqualValues(t, 1, x.Developers.Rows[0].Sighting.Count, purl)
	}
}

func someVersions(t *testing.T, s *subject) {
	s.append(
		s.event("a", by("ada@example.org", "ada"), touching("pkg:npm/x@1", "pkg:npm/x@2", "pkg:npm/x@3")),
		s.event("b", touching("pkg:npm/x@3")),
		s.event("c", touching("pkg:npm/x")),
		s.event("d", touching("pkg:npm/xx@2")),
	)
	of := func(versions ...string) events.Exposure {
		return s.exposure("pkg:npm/x", func(q *events.ExposureQuery) { q.Versions = versions })
	}
	x := of("2", "3", "9")
	require.EqualValues(t, 2, x.Sighting.Count)
	require.EqualValues(t, 1, x.Developers.Rows[0].Sighting.Count)
	require.EqualValues(t, 2, x.Sources.Rows[0].Sighting.Count)
	equal(t, []events.Seen[string]{{Key: "3", Sighting: seen(noon, noon, 2)}, {Key: "2", Sighting: seen(noon, noon, 1)}}, x.Versions.Rows, "versions")
	require.EqualValues(t, 1, of("").Sighting.Count, "events that name none have the empty version")
	equal(t, events.Exposure{}, of([]string{}...), "an exposure of no version")
}

func packageVersions(t *testing.T, s *subject) {
	s.append(
		s.event("a", touching("pkg:npm/x@2", "pkg:npm/x@10", "pkg:npm/y@7")),
		s.event("b", touching("pkg:npm/x", "pkg:npm/x@2"), at(noon.Add(time.Hour))),
		s.event("c", touching("pkg:npm/x@9"), at(noon.Add(2*time.Hour))),
	)
	versions, err := s.store.PackageVersions(t.Context(), s.org, "pkg:npm/x", events.Range{Start: noon, End: noon.Add(2 * time.Hour)})
	require.NoError(t, err)
	equal(t, []string{"", "10", "2"}, versions, "versions")
	versions, err = s.store.PackageVersions(t.Context(), s.org, "pkg:npm/nothing", events.AllTime)
	require.NoError(t, err)
	equal(t, []string(nil), versions, "versions of an unknown package")
	versions, err = s.store.PackageVersions(t.Context(), ID("another organization"), "pkg:npm/x", events.AllTime)
	require.NoError(t, err)
	equal(t, []string(nil), versions, "versions of another organization")
}

func spellings(t *testing.T, s *subject) {
	s.append(
		s.event("a", touching("pkg:npm/%40Scope/Pkg@1.0.0%2Bbuild")),
		s.event("b", touching("pkg:npm/pkg@1.0.0+build")),
		s.event("c", touching("pkg:PyPI/Foo_Bar@1")),
	)
	a := s.list(events.ListQuery{})
	for _, e := range a {
		for _, p := range e.Packages {
			require.EqualValues(t, 1, s.exposure(p).Sighting.Count, p)
		}
	}
	require.EqualValues(t, 1, s.exposure("pkg:pypi/foo-bar").Sighting.Count)
	require.EqualValues(t, 1, s.exposure("pkg:npm/pkg").Sighting.Count)
}

func exposureRange(t *testing.T, s *subject) {
	s.append(s.event("a", touching("pkg:npm/x@1")), s.event("b", touching("pkg:npm/x@1"), at(noon.Add(time.Second))))
	x := s.exposure("pkg:npm/x", func(q *events.ExposureQuery) { q.Range = events.Range{Start: noon, End: noon.Add(time.Second)} })
	equal(t, seen(noon, noon, 1), x.Sighting, "sighting")
	require.EqualValues(t, 1, x.Versions.Rows[0].Sighting.Count)
}

func exposureOrder(t *testing.T, s *subject) {
	for _, project := range []string{"b", "B", "\u00e4", "a", "a"} {
		s.append(s.event(uuid.NewString(), touching("pkg:npm/x"), func(e *events.Event) { e.Project = project }))
	}
	for limit := 1; limit <= 5; limit++ {
		x := s.exposure("pkg:npm/x", func(q *events.ExposureQuery) { q.Limit = limit })
		var projects []string
		for _, row := range x.Projects.Rows {
			projects = append(projects, row.Key)
		}
		want := []string{"a", "B", "b", "\u00e4"}
		require.Equal(t, want[:min(limit, 4)], projects)
		require.Equal(t, 4, x.Projects.Total)
	}
}
