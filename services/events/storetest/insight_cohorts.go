package storetest

import (
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var cohortCases = []insightCase{
	{"at most and exactly so often never include those who did nothing", performedCounts},
	{"groups are OR-ed, conditions AND-ed, and cohorts refer to cohorts", cohortTrees},
	{"members are those of the moment of the question", cohortMoves},
	{"who has neither an event nor a property is no member", cohortLeavers},
}

// members returns who is in a cohort, of all who ever did something.
func (s *story) members(c *insight.Cohort) string {
	s.t.Helper()
	f, err := insight.NewCohortFilter("filter", insight.In, c)
	require.NoError(s.t, err)
	start, end := day("2025-01-01"), day("2027-01-01")
	r := insight.TrendsRequest{
		Audience: insight.Audience{Properties: []insight.PropertyFilter{f}}, Period: insight.Period{Start: &start, End: &end, Interval: events.Month},
		Series: []insight.Series{{Matcher: insight.Matcher{{}}, Math: insight.UniqueActors}},
	}
	list, err := s.engine.TrendActors(s.t.Context(), s.org, r, insight.TrendsCell{TrendCell: insight.TrendCell{Bucket: -1}}, insight.ActorPage{Limit: 100})
	require.NoError(s.t, err)
	var names []string
	for _, n := range strings.Fields("ada bo cy di eli") {
		if strings.Contains(people(list)+" ", n+" ") {
			names = append(names, n)
		}
	}
	return strings.Join(names, " ")
}

func performedCounts(s *story) {
	for _, who := range []string{"ada 08", "ada 09", "bo 08", "bo 09", "cy 09", "di 01"} {
		name, when, _ := strings.Cut(who, " ")
		s.did(name, "package.installed", when+" 12:00")
	}
	s.did("eli", "editor.opened", "09 12:00")
	within := events.Range{Start: day("2026-05-07"), End: day("2026-05-10")}
	for _, c := range []struct {
		count insight.CountOperator
		value int64
		want  string
	}{
		{insight.AtLeast, 1, "ada bo cy"}, {insight.AtLeast, 2, "ada bo"}, {insight.AtMost, 1, "cy"}, {insight.Exactly, 2, "ada bo"}, {insight.AtMost, 5, "ada bo cy"},
	} {
		did := insight.Performed{Matcher: of("package.installed"), Range: within, Count: c.count, Value: c.value}
		require.Equal(s.t, c.want, s.members(&insight.Cohort{AnyOf: []insight.Group{{Performed: []insight.Performed{did}}}}), "%d %d", c.count, c.value)
	}
	require.Empty(s.t, s.members(&insight.Cohort{}), "a dynamic cohort without groups has no members")
}

func cohortTrees(s *story) {
	for _, who := range []string{"ada", "bo", "cy", "di", ""} {
		s.did(who, "a", "01 12:00", `{"p":"x"}`)
	}
	s.is("ada", `{"team":"core","level":3}`)
	s.is("bo", `{"team":"core","level":1}`)
	s.is("cy", `{"team":"web"}`)
	core := &insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{s.where("developer.team", insight.Exact, "core")}}}}
	static := &insight.Cohort{Static: true, Members: []uuid.UUID{ID("di"), ID("bo"), ID("unknown")}}
	in := func(o insight.Operator, c *insight.Cohort) insight.PropertyFilter {
		f, err := insight.NewCohortFilter("filter", o, c)
		require.NoError(s.t, err)
		return f
	}
	require.Equal(s.t, "ada bo", s.members(core))
	require.Equal(s.t, "bo di", s.members(static))
	require.Equal(s.t, "ada", s.members(&insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{in(insight.In, core), in(insight.NotIn, static)}}}}))
	require.Equal(s.t, "bo cy di", s.members(&insight.Cohort{AnyOf: []insight.Group{
		{Properties: []insight.PropertyFilter{s.where("developer.level", insight.Less, "2")}},
		{Properties: []insight.PropertyFilter{s.where("developer.team", insight.IsNot, "core")}},
	}}))
	notIn := insight.TrendsRequest{
		Audience: insight.Audience{Properties: []insight.PropertyFilter{in(insight.NotIn, core)}}, Period: during("01", "01"),
		Series: []insight.Series{{Matcher: of("a"), Math: insight.Total}, {Matcher: of("a"), Math: insight.UniqueActors}},
	}
	s.says(s.trends(notIn), "0 all: 3 = 3", "1 all: 2 = 2") // nobody is in no cohort
}

func cohortMoves(s *story) {
	s.did("ada", "a", "01 12:00")
	s.did("bo", "a", "01 12:00")
	s.is("ada", `{"team":"core"}`)
	core := &insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{s.where("developer.team", insight.Exact, "core")}}}}
	twice := &insight.Cohort{AnyOf: []insight.Group{{Performed: []insight.Performed{{Matcher: of("a"), Range: events.AllTime, Count: insight.AtLeast, Value: 2}}}}}
	require.Equal(s.t, "ada", s.members(core))
	require.Empty(s.t, s.members(twice))
	s.is("ada", `{"team":"web"}`)
	s.is("bo", `{"team":"core"}`)
	require.Equal(s.t, "bo", s.members(core))
	s.becomes("ada", "bo")
	require.Equal(s.t, "bo", s.members(twice))
	s.did("cy", "a", "01 12:00")
	s.did("cy", "a", "01 12:00")
	require.Equal(s.t, "bo cy", s.members(twice))
	require.NoError(s.t, s.store.SetDeveloperProperties(s.t.Context(), s.org, []insight.DeveloperProperties{{DeveloperID: ID("bo"), Properties: `{}`, Revision: 0}}))
	require.Equal(s.t, "bo", s.members(core), "the higher revision stays")
}

// cohortLeavers has one who was merged: her properties are another's, and none are left of her.
func cohortLeavers(s *story) {
	s.did("ada", "a", "01 12:00")
	s.did("bo", "a", "01 12:00")
	s.is("ada", `{"team":"core"}`)
	s.is("di", `{"team":"core"}`)
	notWeb := &insight.Cohort{AnyOf: []insight.Group{{Properties: []insight.PropertyFilter{s.where("developer.team", insight.IsNot, "web")}}}}
	all := func() []string {
		list, err := s.store.CohortMembers(s.t.Context(), s.org, notWeb, insight.ActorPage{Limit: 100})
		require.NoError(s.t, err)
		return list
	}
	require.ElementsMatch(s.t, []string{ID("ada").String(), ID("bo").String(), ID("di").String()}, all())
	s.becomes("ada", "bo")
	s.is("bo", `{"team":"core"}`)
	s.is("ada", `{}`)
	s.is("di", `{}`)
	require.Equal(s.t, []string{ID("bo").String()}, all(), "who has no event and no property is no member")
	s.is("ada", `{"team":"core"}`)
	s.becomes("ada", "ada")
	s.is("bo", `{}`)
	require.ElementsMatch(s.t, []string{ID("ada").String(), ID("bo").String()}, all(), "a merge that is undone leaves nothing")
}
