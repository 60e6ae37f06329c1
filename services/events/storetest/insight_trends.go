package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var trendCases = []insightCase{
	{"actors of days and of the whole range; the previous period lies directly before", trendExample},
	{"events of nobody count in totals only", trendNobody},
	{"weekly and monthly active developers, on days without events too", trendActive},
	{"active developers and the period before, back to a day of which clocks skip the first hour", trendSkippedHour},
	{"numbers: sums, means and exact percentiles; without any it is 0", trendNumbers},
	{"formulas by bucket and over totals; what cannot be divided is 0", trendFormula},
	{"running sums", trendCumulative},
	{"a total does not depend on the interval", trendTotalInterval},
	{"texts of ranges", trendTexts},
	{"an identity that becomes another developer's takes its old events along", trendMerge},
	{"machines, projects and packages as actors", trendUnits},
}

// trends writes a line for each row: series, key, values and total.
func (s *story) trends(r insight.TrendsRequest) []string {
	s.t.Helper()
	got, err := s.engine.Trends(s.t.Context(), s.org, r)
	require.NoError(s.t, err)
	var lines []string
	for _, row := range got.Rows {
		period := ""
		if row.Previous {
			period = " before"
		}
		if r.TotalValue {
			lines = append(lines, fmt.Sprintf("%d %s%s = %s", row.Series, keyText(row.Key), period, numbers([]float64{row.Total})))
			continue
		}
		lines = append(lines, fmt.Sprintf("%d %s%s: %s = %s", row.Series, keyText(row.Key), period, numbers(row.Values), numbers([]float64{row.Total})))
	}
	return lines
}

func series(name string, math insight.Math, property ...string) insight.Series {
	s := insight.Series{Matcher: of(name), Math: math}
	if len(property) > 0 {
		s.Property = property[0]
	}
	return s
}

// tellExample is the example of the reference: what Ada, with two identities, and Bo installed around New Year.
func (s *story) tellExample() {
	s.t.Helper()
	s.now = day("2026-01-04")
	s.did("ada", "package.installed", "2025-12-24", `{"tool":"npm"}`)
	s.did("ada", "package.installed", "2026-01-01", `{"tool":"npm"}`)
	s.did("laptop", "package.installed", "2026-01-01")
	s.did("ada", "package.installed", "2026-01-01")
	s.did("ada", "package.installed", "2026-01-02", `{"tool":"pnpm"}`)
	s.did("ada", "package.removed", "2026-01-02")
	s.becomes("laptop", "ada")
}

func trendExample(s *story) {
	s.tellExample()
	week := insight.Period{From: "-7d", Interval: events.Day}
	s.says(s.trends(insight.TrendsRequest{Period: week, Compare: true, Series: []insight.Series{series("package.installed", insight.Total)}}),
		"0 all: 0 0 0 0 3 1 0 0 = 4", "0 all before: 0 0 0 0 1 0 0 0 = 1")
	s.did("bo", "package.installed", "2026-01-02")
	s.says(s.trends(insight.TrendsRequest{Period: week, Series: []insight.Series{series("package.installed", insight.UniqueActors), series("nothing", insight.Total)}}),
		"0 all: 0 0 0 0 1 2 0 0 = 2", "1 all: 0 0 0 0 0 0 0 0 = 0")
}

func trendNobody(s *story) {
	s.did("", "a", "01 10:00", `{"n":4}`)
	s.did("ada", "a", "01 10:00", `{"n":2}`)
	s.is("ada", `{"team":"core"}`)
	s.says(s.trends(insight.TrendsRequest{Period: during("01", "01"), Series: []insight.Series{
		series("a", insight.Total), series("a", insight.UniqueActors), series("a", insight.Average, "n"), series("a", insight.MonthlyActive),
	}}), "0 all: 2 = 2", "1 all: 1 = 1", "2 all: 3 = 3", "3 all: 1 = 1")
	s.says(s.trends(insight.TrendsRequest{
		Period: during("01", "01"), Breakdown: &insight.Breakdown{Scope: insight.DeveloperScope, Properties: []string{"team"}},
		Series: []insight.Series{series("a", insight.Total)},
	}), "0 core: 1 = 1", "0 (missing): 1 = 1")
}

func trendActive(s *story) {
	s.did("cy", "a", "03 12:00")
	for _, when := range []string{"09", "10", "11"} {
		s.did("di", "a", when)
	}
	s.did("eli", "a", "09")
	s.did("eli", "a", "11")
	active := []insight.Series{series("a", insight.WeeklyActive), series("a", insight.MonthlyActive)}
	s.says(s.trends(insight.TrendsRequest{Period: during("09", "18"), Series: active}), "0 all: 3 2 2 2 2 2 2 2 2 0 = 0", "1 all: 3 3 3 3 3 3 3 3 3 3 = 3")
	start, end := day("2026-05-09 06:00"), day("2026-05-09 08:30")
	hours := insight.Period{Start: &start, End: &end, Interval: events.Hour}
	s.says(s.trends(insight.TrendsRequest{Period: hours, Series: active[:1]}), "0 all: 3 3 3 = 3")
	first := insight.Period{Start: &start, End: &end, Interval: events.Month} // days end with the range, never past it
	s.says(s.trends(insight.TrendsRequest{Period: first, Series: active[:1]}), "0 all: 3 = 3")
}

// trendSkippedHour looks back, from within the first hour of a day, to the sixth of September, which begins at one o'clock in Chile.
func trendSkippedHour(s *story) {
	zone, err := events.Zone("America/Santiago")
	require.NoError(s.t, err)
	s.tell("ada a 2026-09-06 03:00", "bo a 2026-09-06 04:00", "cy a 2026-09-08 12:00")
	start, end := day("2026-09-12 03:00"), day("2026-09-12 04:00")
	hour := insight.Period{Start: &start, End: &end, Interval: events.Hour, Zone: zone}
	s.says(s.trends(insight.TrendsRequest{Period: hour, Series: []insight.Series{series("a", insight.WeeklyActive)}}), "0 all: 2 = 2")
	start, end = day("2026-09-08 03:30"), day("2026-09-10 03:00")
	days := insight.Period{Start: &start, End: &end, Interval: events.Day, Zone: zone}
	s.says(s.trends(insight.TrendsRequest{Period: days, Compare: true, Series: []insight.Series{series("a", insight.Total)}}),
		"0 all: 1 0 = 1", "0 all before: 1 0 = 1")
}

func trendNumbers(s *story) {
	for n := 101; n <= 200; n++ {
		s.did("ada", "a", "01 10:00", fmt.Sprintf(`{"n":%d}`, n))
	}
	for _, n := range []string{`"1e1"`, `-5`, `"2.5"`, `true`, `null`, `"x"`, `[3]`} {
		s.did("ada", "b", "01 10:00", `{"n":`+n+`}`)
	}
	s.did("ada", "b", "02 10:00", `{"n":"x"}`)
	s.did("ada", "b", "03 10:00", `{"n":-7}`)
	s.says(s.trends(insight.TrendsRequest{Period: during("01", "01"), Series: []insight.Series{
		series("a", insight.P90, "n"), series("a", insight.Median, "n"), series("a", insight.P99, "n"), series("a", insight.Sum, "n"), series("a", insight.P75, "n"), series("a", insight.P95, "n"),
	}}), "0 all: 190.1 = 190.1", "1 all: 150.5 = 150.5", "2 all: 199.01 = 199.01", "3 all: 15050 = 15050", "4 all: 175.25 = 175.25", "5 all: 195.05 = 195.05")
	s.says(s.trends(insight.TrendsRequest{Period: during("01", "03"), Series: []insight.Series{
		series("b", insight.Sum, "n"), series("b", insight.Average, "n"), series("b", insight.Minimum, "n"), series("b", insight.Maximum, "n"), series("b", insight.Median, "n"),
	}}), "0 all: 7.5 0 -7 = 0.5", "1 all: 2.5 0 -7 = 0.125", "2 all: -5 0 -7 = -7", "3 all: 10 0 -7 = 10", "4 all: 2.5 0 -7 = -1.25")
}

func trendFormula(s *story) {
	for _, n := range []string{"02 200", "02 300", "02 400", "03 400", "03 500"} {
		s.did("ada", "build.finished", n[:2], `{"seconds":`+n[3:]+`,"tool":"`+n[3:4]+`"}`)
	}
	s.did("ada", "build.started", "02", `{"tool":"2"}`)
	r := insight.TrendsRequest{Period: during("01", "03"), Series: []insight.Series{
		series("build.finished", insight.Sum, "seconds"), series("build.finished", insight.Average, "seconds"),
	}}
	for formula, want := range map[string]string{
		"A / B": "0 3 2 = 5", "A/0": "0 0 0 = 0", "1/(A/0)": "0 0 0 = 0", "-a^0": "-1 -1 -1 = -1", "2^3^2 - 2 * 6 / 3": "508 508 508 = 508", "(A+B)*.5": "0 600 675 = 1080",
	} {
		r.Formula = formula
		s.says(s.trends(r), "0 all: "+want)
	}
	r.Formula, r.Breakdown = "A - 1000 * B", &insight.Breakdown{Scope: insight.EventScope, Properties: []string{"tool"}, Limit: 2}
	r.Series[1] = series("build.started", insight.Total)
	s.says(s.trends(r), "0 4: 0 400 400 = 800", "0 5: 0 0 500 = 500", "0 (other): 0 -500 0 = -500")
	r.Series = append(r.Series, series("build.finished", insight.UniqueActors))
	r.Formula, r.TotalValue = "C", true
	s.says(s.trends(r), "0 2 = 1", "0 3 = 1", "0 (other) = 1") // computed from its events, not added up
}

func trendCumulative(s *story) {
	for _, when := range []string{"01", "03", "03", "04"} {
		s.did("ada", "a", when)
	}
	r := insight.TrendsRequest{Period: during("01", "05"), Cumulative: true, Series: []insight.Series{series("a", insight.Total), series("a", insight.UniqueActors)}}
	s.says(s.trends(r), "0 all: 1 1 3 4 4 = 4", "1 all: 1 1 2 3 3 = 1")
	r.Formula = "A*2"
	s.says(s.trends(r), "0 all: 2 2 6 8 8 = 8")
}

func trendTotalInterval(s *story) {
	s.did("ada", "a", "02 12:00")
	s.did("ada", "a", "03 12:00")
	for _, interval := range []events.Interval{events.Minute, events.Hour, events.Day, events.Week, events.Month} {
		p := during("03", "04")
		p.Interval = interval
		s.says(s.trends(insight.TrendsRequest{Period: p, TotalValue: true, Series: []insight.Series{series("a", insight.Total), series("a", insight.WeeklyActive)}}),
			"0 all = 1", "1 all = 1")
	}
}

func trendTexts(s *story) {
	s.now = day("2026-05-07 10:20")
	for _, when := range []string{"2026-01-31", "2026-04-01", "2026-04-30", "2026-05-01 12:00", "2026-05-06 09:59", "2026-05-06 10:00", "2026-05-07 10:20:30"} {
		s.did("ada", "a", when)
	}
	for text, want := range map[string]string{
		"-7d day": "1 1 0 0 0 0 2 1", "-24h day": "1 1", "dStart day": "1", "dStart hour": "0 0 0 0 0 0 0 0 0 0 1", "mStart day": "1 0 0 0 0 2 1", "-1mStart month": "2 4", "all month": "1 0 0 2 4",
		"yStart month": "1 0 0 2 4", "2026-05-06 day": "2 1", "-1w week": "2 3", "-3m month": "0 0 2 4", " day": "1 1 0 0 0 0 2 1", "-1h minute": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1",
	} {
		at := len(text) - 1
		for text[at] != ' ' {
			at--
		}
		interval := map[string]events.Interval{"minute": events.Minute, "hour": events.Hour, "day": events.Day, "week": events.Week, "month": events.Month}[text[at+1:]]
		got, err := s.engine.Trends(s.t.Context(), s.org, insight.TrendsRequest{
			Period: insight.Period{From: text[:at], Interval: interval, FirstDay: time.Monday}, Series: []insight.Series{series("a", insight.Total)},
		})
		require.NoError(s.t, err, text)
		require.Equal(s.t, want, numbers(got.Rows[0].Values), text)
	}
	month := insight.Period{From: "-1mStart", To: "-1mEnd", Interval: events.Day}
	got, err := s.engine.Trends(s.t.Context(), s.org, insight.TrendsRequest{Period: month, Series: []insight.Series{series("a", insight.Total)}})
	require.NoError(s.t, err)
	require.Len(s.t, got.Buckets, 30)
	require.InDelta(s.t, 2, got.Rows[0].Total, 0)
}

func trendMerge(s *story) {
	s.did("ada", "a", "01")
	s.did("bo", "a", "02")
	r := insight.TrendsRequest{Period: during("01", "02"), Series: []insight.Series{series("a", insight.UniqueActors)}}
	s.says(s.trends(r), "0 all: 1 1 = 2")
	s.becomes("bo", "ada")
	s.says(s.trends(r), "0 all: 1 1 = 1")
	s.becomes("bo", "bo")
	s.says(s.trends(r), "0 all: 1 1 = 2")
}

func trendUnits(s *story) {
	s.did("ada", "a", "01")
	s.did("bo", "a", "01")
	s.did("", "a", "01")
	for by, want := range map[insight.Unit]string{insight.Developers: "0 all: 2 = 2", insight.Machines: "0 all: 3 = 3", insight.Projects: "0 all: 1 = 1", insight.Packages: "0 all: 0 = 0"} {
		r := insight.TrendsRequest{Audience: insight.Audience{By: by}, Period: during("01", "01"), Series: []insight.Series{series("a", insight.UniqueActors)}}
		s.says(s.trends(r), want)
	}
	e := events.Event{ID: ID("packages"), Name: "a", OccurredAt: day("2026-05-01"), Source: events.Source{Kind: events.SourceSDK}, Packages: []string{"pkg:npm/x@1", "pkg:npm/x@2", "pkg:npm/y@1"}}
	e, err := e.Canonical(e.OccurredAt)
	require.NoError(s.t, err)
	_, err = s.store.Append(s.t.Context(), s.org, []events.Event{e})
	require.NoError(s.t, err)
	r := insight.TrendsRequest{
		Audience: insight.Audience{By: insight.Packages}, Period: during("01", "01"), Series: []insight.Series{series("a", insight.UniqueActors), series("a", insight.Total)},
	}
	s.says(s.trends(r), "0 all: 2 = 2", "1 all: 4 = 4")
}
