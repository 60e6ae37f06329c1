package storetest

import (
	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var breakdownCases = []insightCase{
	{"missing is a row of its own and no text", breakdownMissing},
	{"values are ranked by the math, ties by text, missing last; the rest is other", breakdownRank},
	{"several properties make one value of parts", breakdownParts},
	{"an actor counts in each of its cohorts, everybody is all events", breakdownCohorts},
	{"the previous period keeps the values of the current one", breakdownCompare},
}

func byProperty(limit int, keys ...string) *insight.Breakdown {
	return &insight.Breakdown{Scope: insight.EventScope, Properties: keys, Limit: limit}
}

func breakdownMissing(s *story) {
	s.tellExample()
	for _, text := range []string{`"none"`, `"Other"`, `""`, `null`} {
		s.did("ada", "b", "2026-01-01", `{"tool":`+text+`}`)
	}
	start, end := day("2025-12-24"), day("2026-01-03")
	r := insight.TrendsRequest{
		Period: insight.Period{Start: &start, End: &end, Interval: events.Day}, Breakdown: byProperty(0, "tool"), Series: []insight.Series{series("package.installed", insight.Total)},
	}
	s.says(s.trends(r), "0 npm: 1 0 0 0 0 0 0 0 1 0 = 2", "0 (missing): 0 0 0 0 0 0 0 0 2 0 = 2", "0 pnpm: 0 0 0 0 0 0 0 0 0 1 = 1")
	r.Series, r.TotalValue = []insight.Series{series("b", insight.Total), series("nothing", insight.Total)}, true
	s.says(s.trends(r), "0  = 1", "0 Other = 1", "0 none = 1", "0 (missing) = 1")
}

func breakdownRank(s *story) {
	for _, e := range []struct{ who, value, n string }{
		{"ada", "b", "1"}, {"bo", "b", "1"}, {"ada", "a", "1"}, {"ada", "a", "9"}, {"cy", "c", "5"}, {"cy", "d", "5"}, {"di", "e", "0"}, {"cy", "e", "0"},
	} {
		s.did(e.who, "x", "01", `{"p":"`+e.value+`","n":`+e.n+`}`)
	}
	s.did("ada", "x", "01", `{"n":2}`)
	r := insight.TrendsRequest{Period: during("01", "01"), TotalValue: true, Breakdown: byProperty(2, "p"), Series: []insight.Series{
		series("x", insight.Total), series("x", insight.UniqueActors), series("x", insight.Sum, "n"), series("x", insight.Maximum, "n"),
	}}
	s.says(s.trends(r),
		"0 a = 2", "0 b = 2", "0 (other) = 5",
		"1 b = 2", "1 e = 2", "1 (other) = 2",
		"2 a = 10", "2 c = 5", "2 (other) = 9",
		"3 a = 9", "3 c = 5", "3 (other) = 5")
	r.Breakdown = byProperty(6, "p")
	r.Series = r.Series[:1]
	s.says(s.trends(r), "0 a = 2", "0 b = 2", "0 e = 2", "0 c = 1", "0 d = 1", "0 (missing) = 1")
}

func breakdownParts(s *story) {
	for _, p := range []string{`{"p":"a","q":1}`, `{"p":"a","q":"1"}`, `{"p":"a"}`, `{"q":true}`, `{"p":"a+1"}`, `{}`, `{"p":null,"q":null}`} {
		s.did("ada", "x", "01", p)
	}
	r := insight.TrendsRequest{Period: during("01", "01"), TotalValue: true, Breakdown: byProperty(0, "p", "q"), Series: []insight.Series{series("x", insight.Total)}}
	s.says(s.trends(r), "0 a+1 = 2", "0 (missing) = 2", "0 a+- = 1", "0 a+1+- = 1", "0 -+true = 1")
}

func breakdownCohorts(s *story) {
	s.did("ada", "x", "01")
	s.did("ada", "x", "01")
	s.did("bo", "x", "01")
	s.did("", "x", "01")
	one := &insight.Cohort{Static: true, Members: []uuid.UUID{ID("ada")}}
	two := &insight.Cohort{Static: true, Members: []uuid.UUID{ID("ada"), ID("bo")}}
	none := &insight.Cohort{Static: true}
	r := insight.TrendsRequest{
		Period: during("01", "01"), TotalValue: true, Breakdown: &insight.Breakdown{Scope: insight.CohortScope, Cohorts: []*insight.Cohort{none, one, nil, two}},
		Series: []insight.Series{series("x", insight.Total), series("x", insight.UniqueActors)},
	}
	s.says(s.trends(r), "0 cohort0 = 0", "0 cohort1 = 2", "0 cohort2 = 4", "0 cohort3 = 3", "1 cohort0 = 0", "1 cohort1 = 1", "1 cohort2 = 2", "1 cohort3 = 2")
}

func breakdownCompare(s *story) {
	for _, e := range []string{"01 old", "01 old", "02 both", "03 both", "03 new", "03 new"} {
		s.did("ada", "x", e[:2], `{"p":"`+e[3:]+`"}`)
	}
	r := insight.TrendsRequest{Period: during("03", "04"), Compare: true, Breakdown: byProperty(1, "p"), Series: []insight.Series{series("x", insight.Total)}}
	s.says(s.trends(r), "0 new: 2 0 = 2", "0 (other): 1 0 = 1", "0 new before: 0 0 = 0", "0 (other) before: 2 1 = 3")
}
