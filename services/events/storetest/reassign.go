package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var reassignCases = []testCase{
	{"a reassignment counts for events before and after it, in every answer", reassigned},
	{"the highest sequence wins in whatever order they come", reassignOrder},
	{"whom an identity belonged to before changes no answer", previously},
	{"a change that comes late still says whom events are stamped with", late},
	{"a birth counts only for an identity that was noted", births},
	{"the applied sequence never goes back", sequences},
}

var lifeCases = []testCase{
	{"a context that has ended is told so", cancelled},
	{"a store that is open is ready and a closed one says so", closed},
}

func (s *subject) reassign(changes ...events.Reassignment) {
	s.t.Helper()
	require.NoError(s.t, s.store.Reassign(s.t.Context(), s.org, changes))
}

func reassigned(t *testing.T, s *subject) {
	before := s.event("before", by("ada@example.org", "old"), touching("pkg:npm/x@1"))
	after := s.event("after", by("ada@example.org", "old"), touching("pkg:npm/x@1"), at(noon.Add(time.Second)))
	other := s.event("other", by("bo@example.org", "bo"), touching("pkg:npm/x@1"))
	nobody := s.event("nobody")
	s.append(before, other, nobody)
	s.reassign(events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("ada"), Sequence: 7})
	s.append(after)
	for _, developer := range []string{"ada", "bo"} { // the second time two developers become one
		wanted := map[string]int{"ada": 2, "bo": 3}[developer]
		f := events.Filter{DeveloperIDs: []uuid.UUID{ID(developer)}}
		list := s.list(events.ListQuery{Filter: f})
		require.Len(t, list, wanted)
		require.Equal(t, ID(developer), list[0].DeveloperID)
		require.Empty(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("old")}}}))
		x := s.exposure("pkg:npm/x")
		require.Equal(t, ID(developer), x.Developers.Rows[0].Key)
		require.EqualValues(t, wanted, x.Developers.Rows[0].Sighting.Count)
		require.Equal(t, ID(developer), x.Actors.Rows[0].Key.DeveloperID)
		q := s.trendsQuery(noon, noon.Add(time.Hour), events.Day, "")
		equal(t, float64(4-wanted), s.trend(q, insight.UniqueActors, "").Total, "trend")
		q.Filter = f
		equal(t, float64(wanted), s.trend(q, insight.Total, "").Total, "trend")
		s.reassign(events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("bo"), Sequence: 8})
	}
	s.reassign(events.Reassignment{Identity: actor("ada@example.org"), Sequence: 9})
	require.Equal(t, 1, s.exposure("pkg:npm/x").Developers.Total)
	require.Equal(t, uuid.Nil, s.list(events.ListQuery{Limit: 1})[0].DeveloperID)
}

func reassignOrder(t *testing.T, s *subject) {
	s.append(s.event("a", by("ada@example.org", "old")), s.event("b", func(e *events.Event) { e.Actor = events.Identity{Kind: 2, Value: "ada@example.org"} }))
	for _, sequence := range []int64{5, 3, 5, 9, 4} {
		names := map[int64]string{3: "three", 4: "four", 5: "five", 9: "nine"}
		s.reassign(events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID(names[sequence]), Sequence: sequence})
	}
	require.Len(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("nine")}}}), 1)
	s.reassign(
		events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("twelve"), Sequence: 12},
		events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("eleven"), Sequence: 11},
	)
	require.Len(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("twelve")}}}), 1)
}

// change is one of the actor "machine"; the empty name is nobody's, and of "unknown" it is not said who it was.
func change(sequence int64, previous, developer string) events.Reassignment {
	c := events.Reassignment{Identity: actor("machine"), DeveloperID: ID(developer), Sequence: sequence}
	if previous != "unknown" {
		had := uuid.Nil
		if previous != "" {
			had = ID(previous)
		}
		c.Previous = &had
	}
	return c
}

// late has events that are stamped with whom only a change names that comes after a later one.
func late(t *testing.T, s *subject) {
	s.append(s.event("one", by("machine", "one")), s.event("two", by("machine", "two")))
	s.reassign(change(5, "three", "four"))
	s.reassign(change(4, "one", "two"))
	s.reassign(change(4, "one", "two"))
	require.Len(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("four")}}}), 2)
	require.Empty(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("one"), ID("two")}}}))
}

// previously has the changes of an identity come out of order, its events be stamped with whoever had it before them, and folds in between.
func previously(t *testing.T, s *subject) {
	all := 0
	add := func(stamps ...string) {
		for _, stamp := range stamps {
			all++
			s.append(s.event(fmt.Sprint("event ", all), by("machine", stamp)))
		}
	}
	belongs := func(owner string, others ...string) {
		t.Helper()
		q := s.trendsQuery(noon, noon.Add(time.Hour), events.Day, "")
		for _, developer := range append(others, owner) {
			want := 0
			if developer == owner {
				want = all
			}
			q.Filter = events.Filter{DeveloperIDs: []uuid.UUID{ID(developer)}}
			for _, basic := range []bool{true, false} {
				require.Len(t, s.list(events.ListQuery{Basic: basic, Filter: q.Filter}), want, "events of %s", developer)
			}
			equal(t, float64(want), s.trend(q, insight.Total, "").Total, "trend of %s", developer)
		}
	}
	s.reassign(events.Reassignment{Identity: actor("machine")})
	add("")
	birth := change(2, "", "one")
	birth.Birth = true
	s.reassign(birth)
	add("one", "")
	belongs("one", "two", "three")
	s.reassign(change(5, "two", "three"))
	s.reassign(change(4, "one", "two"))
	add("two", "one")
	belongs("three", "one", "two")
	s.fold(10)
	belongs("three", "one", "two")
	s.reassign(change(7, "three", "one"), change(5, "two", "three"))
	add("three", "two")
	belongs("one", "two", "three")
	s.reassign(change(9, "unknown", "four"), change(8, "one", "five"))
	add("one", "stranger")
	belongs("four", "one", "two", "three", "five")
	s.reassign(change(10, "four", "six"))
	belongs("six", "one", "four", "stranger")
	s.fold(10)
	s.reassign(change(12, "seven", "eight"), change(11, "unknown", "seven"))
	belongs("eight", "six", "seven")
	s.reassign(change(14, "eight", "eight"))
	belongs("eight", "six", "seven")
}

func births(t *testing.T, s *subject) {
	s.append(s.event("a", by("ada@example.org", "ada")), s.event("m", by("machine", "")))
	s.reassign(events.Reassignment{Identity: actor("machine")})
	s.reassign()
	require.Empty(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("bo")}}}))
	s.reassign(
		events.Reassignment{Identity: actor("ada@example.org"), DeveloperID: ID("bo"), Sequence: 1, Birth: true},
		events.Reassignment{Identity: actor("machine"), DeveloperID: ID("bo"), Sequence: 2, Birth: true},
	)
	equal(t, []uuid.UUID{ID("m")}, ids(s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("bo")}}})), "events of bo")
	s.reassign(events.Reassignment{Identity: actor("machine")})
	equal(t, []uuid.UUID{ID("m")}, ids(s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("bo")}}})), "events of bo after another note")
}

func sequences(t *testing.T, s *subject) {
	for _, step := range []struct{ set, want int64 }{{0, 0}, {7, 7}, {3, 7}, {9, 9}} {
		require.NoError(t, s.store.SetSequence(t.Context(), step.set))
		got, err := s.store.Sequence(t.Context())
		require.NoError(t, err)
		require.Equal(t, step.want, got)
	}
}

// calls are all methods of a store that may fail.
func (s *subject) calls(ctx context.Context) map[string]error {
	q := s.trendsQuery(noon, noon.Add(time.Hour), events.Day, "")
	q.Series = []insight.Series{{Matcher: insight.Matcher{{}}, Math: insight.Total}}
	errs := make(map[string]error)
	_, errs["append"] = s.store.Append(ctx, s.org, []events.Event{s.event("never")})
	_, errs["list"] = s.store.List(ctx, s.org, events.ListQuery{Range: events.AllTime, Limit: 1})
	_, errs["package versions"] = s.store.PackageVersions(ctx, s.org, "pkg:npm/x", events.AllTime)
	_, errs["manifest changes"] = s.store.ManifestChanges(ctx, s.org, "pkg:npm/x", []string{"p"})
	_, errs["digest"] = s.store.Digest(ctx, s.org, events.DigestQuery{Range: events.AllTime, Middle: noon, Limit: 1})
	_, errs["exposure"] = s.store.Exposure(ctx, s.org, events.ExposureQuery{Range: events.AllTime, Limit: 1})
	_, errs["trends"] = s.store.TrendRows(ctx, s.org, q)
	errs["reassign"] = s.store.Reassign(ctx, s.org, []events.Reassignment{{Identity: actor("a"), Sequence: 1}})
	_, errs["sequence"] = s.store.Sequence(ctx)
	errs["set sequence"] = s.store.SetSequence(ctx, 1)
	errs["ready"] = s.store.Ready(ctx)
	return errs
}

func cancelled(t *testing.T, s *subject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range s.calls(ctx) {
		require.ErrorIs(t, err, context.Canceled, name)
	}
	require.Empty(t, s.list(events.ListQuery{}))
	require.Empty(t, s.list(events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{ID("a")}}}))
}

func closed(t *testing.T, s *subject) {
	require.NoError(t, s.store.Ready(t.Context()))
	require.NoError(t, s.store.Close())
	for name, err := range s.calls(t.Context()) {
		require.ErrorIs(t, err, events.ErrStoreClosed, name)
	}
}
