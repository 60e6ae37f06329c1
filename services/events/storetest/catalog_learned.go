package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/catalog/learn"
	"devtrail.dev/services/events/insight"
)

var allTime = events.AllTime

func with(properties string) func(*events.Event) {
	return func(e *events.Event) { e.Properties = properties }
}

// learn learns every day from its events.
func (s *subject) learn() {
	s.t.Helper()
	var fold learn.Fold
	require.NoError(s.t, s.store.Occurrences(s.t.Context(), s.org, allTime, func(o catalog.Occurrence) error {
		fold.Add(o)
		return nil
	}))
	require.NoError(s.t, s.store.Learn(s.t.Context(), s.org, fold.Days()))
}

func (s *subject) learned() []string {
	s.t.Helper()
	list, err := s.store.Learned(s.t.Context(), s.org)
	require.NoError(s.t, err)
	var lines []string
	for _, l := range list {
		lines = append(lines, line(l))
	}
	return lines
}

func daysLearned(t *testing.T, s *subject) {
	days, err := s.store.EventDays(t.Context(), s.org)
	require.NoError(t, err)
	require.Nil(t, days)
	require.Nil(t, s.learned())
	midnight := time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)
	s.append(
		s.event("1", named("a"), with(`{"p":"x","n":1,"q":{"z":[1]},"":"no key","nul\u0000":1}`)),
		s.event("2", named("a"), at(midnight.Add(-time.Microsecond)), with(`{"p":2.50,"n":true}`)),
		s.event("3", named("a"), at(midnight), with(`{"p":"it's \\ y","n":null,"\u00e9":[]}`)),
		s.event("4", named("A"), at(midnight.AddDate(10, 0, 0)), with(`{"p":"\u0000"}`)),
		s.event("5", named("b"), at(events.MinTime)),
	)
	want := []string{
		"A||0|1|0502.000000|0502.000000|",
		"A|p|1|1|0502.000000|0502.000000|",
		"a||0|3|0501.120000|0502.000000|",
		"a|n|2|1|0501.120000|0501.120000|1",
		"a|n|3|1|0501.235959.999999|0501.235959.999999|true",
		"a|n|4|1|0502.000000|0502.000000|",
		"a|p|1|2|0501.120000|0502.000000|it's \\ y",
		"a|p|2|1|0501.235959.999999|0501.235959.999999|2.5",
		"a|q|5|1|0501.120000|0501.120000|{\"z\":[1]}",
		"a|\u00e9|6|1|0502.000000|0502.000000|[]",
		"b||0|1|0101.000000|0101.000000|",
	}
	for range 3 { // learning the same again changes nothing
		s.learn()
		require.Equal(t, want, s.learned())
	}
	for _, list := range []func() ([]catalog.DayCount, error){
		func() ([]catalog.DayCount, error) { return s.store.EventDays(t.Context(), s.org) },
		func() ([]catalog.DayCount, error) { return s.store.LearnedDays(t.Context(), s.org) },
	} {
		days, err := list()
		require.NoError(t, err)
		require.Equal(t, []catalog.DayCount{{Day: 0, Events: 1}, {Day: 20574, Events: 2}, {Day: 20575, Events: 1}, {Day: 24228, Events: 1}}, days)
	}
	enough := errors.New("enough")
	calls := 0
	require.ErrorIs(t, s.store.Occurrences(t.Context(), s.org, events.Range{Start: midnight, End: midnight.AddDate(10, 0, 0)}, func(o catalog.Occurrence) error {
		require.Equal(t, catalog.Occurrence{Name: "a", At: midnight, ID: ID("3"), Properties: `{"n":null,"p":"it's \\ y","é":[]}`}, o)
		calls++
		return enough
	}), enough)
	require.Equal(t, 1, calls)
}

func daysReplaced(t *testing.T, s *subject) {
	row := func(name, example string, count int64, last time.Duration) catalog.Learned {
		return catalog.Learned{Name: name, Key: "p", Type: catalog.Text, Count: count, First: noon, Last: noon.Add(last), Example: example}
	}
	put := func(day int32, events int64, rows ...catalog.Learned) {
		require.NoError(t, s.store.Learn(t.Context(), s.org, []catalog.LearnedDay{{DayCount: catalog.DayCount{Day: day, Events: events}, Rows: rows}}))
	}
	put(1, 5, row("a", "old", 2, 0), row("b", "b", 3, 0))
	put(2, 1, row("a", "new", 1, time.Hour))
	require.Equal(t, []string{"a|p|1|3|0501.120000|0501.130000|new", "b|p|1|3|0501.120000|0501.120000|b"}, s.learned())
	put(1, 2, row("a", "old", 2, 0))
	require.Equal(t, []string{"a|p|1|3|0501.120000|0501.130000|new"}, s.learned(), "what a day has no more is no more")
	put(2, 0)
	require.Equal(t, []string{"a|p|1|2|0501.120000|0501.120000|old"}, s.learned())
	days, err := s.store.LearnedDays(t.Context(), s.org)
	require.NoError(t, err)
	require.Equal(t, []catalog.DayCount{{Day: 1, Events: 2}}, days)
	require.NoError(t, s.store.Learn(t.Context(), s.org, nil))
}

func cohortMembers(t *testing.T, s *subject) {
	members := func(c *insight.Cohort) string {
		var all []string
		for after := ""; ; {
			page, err := s.store.CohortMembers(t.Context(), s.org, c, insight.ActorPage{After: after, Limit: 1})
			require.NoError(t, err)
			if len(page) == 0 {
				return people(all)
			}
			all = append(all, page...)
			after = page[0]
		}
	}
	filter := func(operator insight.Operator, values ...string) *insight.Cohort {
		f, err := insight.NewPropertyFilter("f", insight.DeveloperScope, "team", operator, values, noon, time.UTC)
		require.NoError(t, err)
		return &insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{f}}}}
	}
	s.append(s.event("1", by("ada@x", "ada")), s.event("2", by("bo@x", "bo"), named("b")), s.event("3", by("nobody@x", "")), s.event("4"))
	require.NoError(t, s.store.SetDeveloperProperties(t.Context(), s.org, []insight.DeveloperProperties{
		{DeveloperID: ID("ada"), Properties: `{"team":"core"}`, Revision: 1}, {DeveloperID: ID("cy"), Properties: `{"team":"web"}`, Revision: 1},
	}))
	byText := func(names ...string) string { // in the order of their ids
		var ids []string
		for _, n := range names {
			ids = append(ids, ID(n).String())
		}
		slices.Sort(ids)
		return people(ids)
	}
	core, others := filter(insight.Exact, "core"), filter(insight.IsNot, "core")
	did := &insight.Cohort{AnyOf: []insight.Group{{Performed: []insight.Performed{{Matcher: of("b"), Range: allTime, Count: insight.AtLeast, Value: 1}}}}}
	out, err := insight.NewCohortFilter("f", insight.NotIn, core)
	require.NoError(t, err)
	require.Equal(t, "ada", members(core))
	require.Equal(t, byText("bo", "cy"), members(others))
	require.Equal(t, byText("bo", "cy"), members(&insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{out}}}}))
	require.Equal(t, "bo", members(did))
	require.Empty(t, members(&insight.Cohort{}))
	require.Equal(t, "cy", members(&insight.Cohort{Static: true, Members: []uuid.UUID{ID("cy"), ID("unknown")}}))
	require.NoError(t, s.store.Reassign(t.Context(), s.org, []events.Reassignment{{Identity: actor("bo@x"), DeveloperID: ID("ada"), Sequence: 1}}))
	require.Equal(t, "ada", members(did), "a merge shows at once")
	require.Equal(t, "cy", members(others))
}
