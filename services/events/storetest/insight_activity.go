package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var activityCases = []insightCase{
	{"retention: different events, a full triangle with zeros", retentionExample},
	{"retention: an actor belongs to its first target ever, or to all", retentionFirst},
	{"retention: weeks and months of a zone", retentionCalendar},
	{"stickiness counts distinct buckets", stickinessExample},
	{"stickiness by calendar months", stickinessMonths},
	{"lifecycle: new, returning, resurrecting, and dormant once", lifecycleExample},
	{"lifecycle: both ends are rounded to whole buckets, filters decide what is first", lifecycleWeeks},
	{"lifecycle: hours that a clock change of half an hour moved are whole, too", lifecycleHalfHour},
	{"lifecycle: from where times begin", lifecycleFirst},
	{"lifecycle: more buckets than a mask has bits, and somebody who came before them alone", lifecycleLong},
}

func (s *story) retention(r insight.RetentionRequest) []string {
	s.t.Helper()
	got, err := s.engine.Retention(s.t.Context(), s.org, r)
	require.NoError(s.t, err)
	var lines []string
	for _, row := range got.Rows {
		lines = append(lines, numbers(row.Values))
	}
	return lines
}

func retentionExample(s *story) {
	for _, when := range []string{"10", "11", "12", "13"} {
		s.did("ada", "trial", when+" 10:00")
		s.did("bo", "trial", when+" 10:00")
	}
	s.tell("cy trial 15 01:00", "ada pushed 15 02:00", "ada pushed 16 02:00", "bo pushed 15 02:00", "nobody trial 10 10:00", "nobody pushed 15 10:00")
	asOf := day("2026-05-16 06:00")
	r := insight.RetentionRequest{Target: of("trial"), Returning: of("pushed"), Total: 7, AsOf: &asOf}
	want := []string{"2 0 0 0 0 2 1", "2 0 0 0 2 1", "2 0 0 2 1", "2 0 2 1", "0 0 0", "1 0", "0"}
	s.says(s.retention(r), want...)
	asOf = day("2026-05-16") // the last interval counts to its end
	s.says(s.retention(r), want...)
	asOf = day("2026-05-15 23:59")
	r.Total = 2
	s.says(s.retention(r), "0 0", "1")
}

func retentionFirst(s *story) {
	s.tell("ada a 01 10:00", "ada a 10 10:00", "ada a 11 10:00", "bo a 10 10:00", "bo b 10 11:00", "bo a 12 10:00", `cy a 01 10:00 {"p":1}`, "cy a 11 10:00", "cy a 12 10:00")
	asOf := day("2026-05-12 12:00")
	r := insight.RetentionRequest{Target: of("a"), Returning: of("a"), Total: 3, AsOf: &asOf}
	s.says(s.retention(r), "2 1 1", "2 1", "2")
	r.FirstTime = true // ada and cy were there before
	s.says(s.retention(r), "1 0 1", "0 0", "0")
	r.Properties = []insight.PropertyFilter{s.where("p", insight.IsNotSet)}
	s.says(s.retention(r), "1 0 1", "1 1", "0")
	r.FirstTime, r.Properties, r.Returning = false, nil, of("b") // who did not return has a size
	s.says(s.retention(r), "2 0 0", "2 0", "2")
}

func retentionCalendar(s *story) {
	s.tell("ada a 2026-01-31 23:30", "ada a 2026-02-28 22:30", "ada a 2026-03-31 21:30", "bo a 2026-01-31 22:59", "bo a 2026-02-01 10:00")
	zone, err := events.Zone("Europe/Berlin")
	require.NoError(s.t, err)
	asOf := day("2026-03-15")
	r := insight.RetentionRequest{Target: of("a"), Returning: of("a"), Interval: events.Month, Total: 3, AsOf: &asOf, Zone: zone}
	s.says(s.retention(r), "1 1 0", "2 1", "1")
	asOf = day("2026-02-04")
	r.Interval, r.Total = events.Week, 2
	r.FirstDay = time.Sunday
	s.says(s.retention(r), "1 1", "2")
	r.FirstDay = time.Monday
	s.says(s.retention(r), "2 0", "0")
}

func (s *story) stickiness(r insight.StickinessRequest) []string {
	s.t.Helper()
	got, err := s.engine.Stickiness(s.t.Context(), s.org, r)
	require.NoError(s.t, err)
	var lines []string
	for _, counts := range got.Counts {
		require.Len(s.t, counts, len(got.Buckets))
		lines = append(lines, numbers(counts))
	}
	return lines
}

func stickinessExample(s *story) {
	s.tell("ada a 01 10:00", "bo a 01 10:00", "bo a 02 10:00", "bo a 02 11:00", "cy a 01 10:00", "cy a 03 10:00", "laptop a 02 10:00", "di a 05 10:00", "nobody a 05 10:00", "eli b 05 10:00")
	s.becomes("laptop", "cy")
	r := insight.StickinessRequest{Period: during("01", "08"), Series: []insight.Matcher{of("a"), of("b"), of("c")}}
	s.says(s.stickiness(r), "2 1 1 0 0 0 0 0", "1 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0")
}

func stickinessMonths(s *story) {
	s.tell("ada a 2025-01-15 10:00", "ada a 2025-12-31 10:00", "ada a 2026-01-01 10:00", "bo a 2025-01-01 00:00")
	start, end := day("2025-01-10"), day("2026-01-02")
	r := insight.StickinessRequest{Period: insight.Period{Start: &start, End: &end, Interval: events.Month}, Series: ofEach("a")}
	s.says(s.stickiness(r), "1 0 1 0 0 0 0 0 0 0 0 0 0")
}

func (s *story) lifecycle(r insight.LifecycleRequest) []string {
	s.t.Helper()
	got, err := s.engine.Lifecycle(s.t.Context(), s.org, r)
	require.NoError(s.t, err)
	var lines []string
	for b, row := range got.Rows {
		lines = append(lines, fmt.Sprintf("%s: %d %d %d -%d", got.Buckets[b].Format("02"), row.New, row.Returning, row.Resurrecting, row.Dormant))
	}
	return lines
}

func lifecycleExample(s *story) {
	for _, who := range []string{"ada 11", "ada 12", "ada 13", "ada 15", "ada 17", "ada 19", "bo 09", "bo 12", "cy 12", "di 15"} {
		s.tell(who[:len(who)-3] + " opened " + who[len(who)-2:] + " 10:00")
	}
	s.tell("nobody opened 12 10:00", "eli other 12 10:00")
	s.says(s.lifecycle(insight.LifecycleRequest{Period: during("12", "19"), Series: ofEach("opened")}),
		"12: 1 1 1 -0", "13: 0 1 0 -2", "14: 0 0 0 -1", "15: 1 0 1 -0", "16: 0 0 0 -2", "17: 0 0 1 -0", "18: 0 0 0 -1", "19: 0 0 1 -0")
}

// lifecycleHalfHour looks at hours of Lord Howe Island, whose clocks went from two o'clock to half past: 15:30 in UTC.
func lifecycleHalfHour(s *story) {
	zone, err := events.Zone("Australia/Lord_Howe")
	require.NoError(s.t, err)
	s.tell("ada a 2026-10-03 14:40", "ada a 2026-10-03 16:10", "bo a 2026-10-03 16:20")
	start, end := day("2026-10-03 14:30"), day("2026-10-03 16:15")
	hours := insight.Period{Start: &start, End: &end, Interval: events.Hour, Zone: zone}
	s.says(s.lifecycle(insight.LifecycleRequest{Period: hours, Series: ofEach("a")}), "03: 1 0 0 -0", "03: 1 1 0 -0")
}

// lifecycleFirst asks back to where times begin: what comes before lies outside of them, and nobody did anything there.
func lifecycleFirst(s *story) {
	s.tell("ada a 1970-01-02 10:00", "bo a 1970-01-06 10:00", "ada a 1970-01-07 10:00")
	start, end := day("1970-01-01"), day("1970-01-12")
	for interval, want := range map[events.Interval][]string{
		events.Week: {"29: 1 0 0 -0", "05: 1 1 0 -0"},
		events.Day: {
			"01: 0 0 0 -0", "02: 1 0 0 -0", "03: 0 0 0 -1", "04: 0 0 0 -0", "05: 0 0 0 -0", "06: 1 0 0 -0", "07: 0 0 1 -1", "08: 0 0 0 -1",
			"09: 0 0 0 -0", "10: 0 0 0 -0", "11: 0 0 0 -0",
		},
	} {
		s.says(s.lifecycle(insight.LifecycleRequest{Period: insight.Period{Start: &start, End: &end, Interval: interval, FirstDay: time.Monday}, Series: ofEach("a")}), want...)
	}
}

func lifecycleLong(s *story) {
	s.tell("ada a 2026-05-01 10:00", "bo a 2026-05-10 10:00", "bo a 2026-05-10 11:00")
	start, end := day("2026-05-10"), day("2026-05-14")
	got, err := s.engine.Lifecycle(s.t.Context(), s.org, insight.LifecycleRequest{
		Period: insight.Period{Start: &start, End: &end, Interval: events.Hour}, Series: ofEach("a"),
	})
	require.NoError(s.t, err)
	want := make([]insight.LifecycleRow, 96)
	want[10].New, want[11].Returning, want[12].Dormant = 1, 1, 1
	equal(s.t, want, got.Rows, "hours")
}

func lifecycleWeeks(s *story) {
	s.tell(`ada a 2026-05-04 00:00`, `ada a 2026-05-11 10:00 {"p":1}`, `bo a 2026-05-10 23:59 {"p":1}`, `bo a 2026-05-17 23:59 {"p":1}`)
	start, end := day("2026-05-06"), day("2026-05-12")
	r := insight.LifecycleRequest{Period: insight.Period{Start: &start, End: &end, Interval: events.Week, FirstDay: time.Monday}, Series: ofEach("a")}
	s.says(s.lifecycle(r), "04: 2 0 0 -0", "11: 0 2 0 -0")
	r.Properties = []insight.PropertyFilter{s.where("p", insight.Exact, "1")}
	s.says(s.lifecycle(r), "04: 1 0 0 -0", "11: 1 1 0 -0")
	start = day("2026-05-12")
	end = day("2026-05-19")
	r.Properties = nil
	s.says(s.lifecycle(r), "11: 0 2 0 -0", "18: 0 0 0 -2")
}
