package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

var exposurePartCases = []testCase{
	{"the parts of an exposure have together every row of it, of any size", partsOfAnySize},
	{"a part has what the manifests of its projects say", partsWithChanges},
	{"an error of who takes the parts ends an exposure", partsRefused},
	{"an exposure in parts ends with its context", partsCanceled},
	{"a package that nobody touched has no parts", func(t *testing.T, s *subject) {
		s.append(s.event("a", touching("pkg:npm/x@1")))
		require.Empty(t, s.parts("pkg:npm/nothing", 3))
	}},
}

// query asks for all of a package.
func (s *subject) exposureQuery(purl string, limit int) events.ExposureQuery {
	s.t.Helper()
	p, err := events.ParsePackage("purl", purl)
	require.NoError(s.t, err)
	q := events.ExposureQuery{Package: p.Package, Range: events.AllTime, Limit: limit}
	if p.Version != "" {
		q.Versions = []string{p.Version}
	}
	return q
}

func (s *subject) parts(purl string, limit int) []events.ExposurePart {
	s.t.Helper()
	var parts []events.ExposurePart
	err := s.store.ExposureParts(s.t.Context(), s.org, s.exposureQuery(purl, limit), func(part events.ExposurePart) error {
		parts = append(parts, part)
		return nil
	})
	require.NoError(s.t, err)
	return parts
}

// joined puts the lists of parts together.
func joined(parts []events.ExposurePart) events.Exposure {
	var x events.Exposure
	for i, part := range parts {
		if i == 0 {
			x.Sighting = part.Sighting
		}
		join(&x.Developers, part.Developers)
		join(&x.Actors, part.Actors)
		join(&x.Projects, part.Projects)
		join(&x.Sources, part.Sources)
		join(&x.Machines, part.Machines)
		join(&x.Versions, part.Versions)
	}
	return x
}

func join[K any](list *events.Sightings[K], part events.Sightings[K]) {
	if len(part.Rows) > 0 {
		list.Rows, list.Total = append(list.Rows, part.Rows...), part.Total
	}
}

// multitude touches a package by many.
func (s *subject) multitude(n int) {
	s.t.Helper()
	var batch []events.Event
	for i := range n {
		batch = append(batch, s.event(fmt.Sprint("crowd", i), by(fmt.Sprintf("d%d@example.org", i%7), []string{"", "a", "b", "c"}[i%4]), at(noon.Add(time.Duration(i)*time.Second)),
			touching(fmt.Sprintf("pkg:npm/x@%d", i%5), "pkg:npm/x@9"), func(e *events.Event) {
				e.Project, e.Source.Machine = fmt.Sprint("p", i%11), fmt.Sprint("m", i%13)
				e.Source.Tool = fmt.Sprint("t", i%3)
			}))
	}
	s.append(batch...)
}

func partsOfAnySize(t *testing.T, s *subject) {
	s.multitude(60)
	s.reassign(events.Reassignment{Identity: actor("d3@example.org"), DeveloperID: ID("c"), Sequence: 1})
	for _, purl := range []string{"pkg:npm/x", "pkg:npm/x@9", "pkg:npm/x@2"} {
		whole := s.exposure(purl, func(q *events.ExposureQuery) { q.Limit = 1000 })
		for _, size := range []int{1, 2, 7, 40, 1000} {
			parts := s.parts(purl, size)
			require.Len(t, parts, (whole.Len()+size-1)/size, "%s in parts of %d", purl, size)
			for i, part := range parts {
				require.Equal(t, i == 0, part.Sighting.Count > 0, "the sighting comes first and once")
				require.LessOrEqual(t, part.Len(), size)
			}
			equal(t, whole, joined(parts), "%s in parts of %d", purl, size)
		}
	}
}

func partsWithChanges(t *testing.T, s *subject) {
	s.append(
		s.change("package.added", "p", "go.mod", 0, "pkg:npm/x@1"),
		s.change("package.removed", "q", "go.mod", 1, "pkg:npm/x@1"),
		s.change("package.added", "r", "go.mod", 2, "pkg:npm/y@1"),
	)
	var changed []events.ManifestChange
	for _, part := range s.parts("pkg:npm/x", 1) {
		equal(t, s.manifestChanges("pkg:npm/x", part.ProjectNames()...), part.Changes, "changes of %v", part.ProjectNames())
		changed = append(changed, part.Changes...)
	}
	require.Len(t, changed, 2)
}

func partsRefused(t *testing.T, s *subject) {
	s.multitude(30)
	for stop := range 4 {
		enough, seen := errors.New("enough"), 0
		err := s.store.ExposureParts(t.Context(), s.org, s.exposureQuery("pkg:npm/x", 3), func(events.ExposurePart) error {
			if seen++; seen > stop {
				return enough
			}
			return nil
		})
		require.Equal(t, enough, err)
		require.Equal(t, stop+1, seen)
	}
	require.NotEmpty(t, s.parts("pkg:npm/x", 3), "the store goes on")
}

func partsCanceled(t *testing.T, s *subject) {
	s.multitude(30)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.store.ExposureParts(ctx, s.org, s.exposureQuery("pkg:npm/x", 1), func(events.ExposurePart) error {
		cancel()
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	err = s.store.ExposureParts(ctx, s.org, s.exposureQuery("pkg:npm/x", 1), func(events.ExposurePart) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
	other := &subject{t: t, store: s.store, org: uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002")}
	require.Empty(t, other.parts("pkg:npm/x", 1), "another organization has none")
	require.True(t, slices.ContainsFunc(s.parts("pkg:npm/x", 1), func(p events.ExposurePart) bool { return p.Sighting.Count == 30 }))
}
