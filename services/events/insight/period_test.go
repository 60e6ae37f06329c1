package insight_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := events.Zone("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

func TestSpan(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-03-31T10:20:30Z")
	for name, c := range map[string]struct {
		from, to, interval, start, end string
		buckets                        int
	}{
		"the last week":                   {"-7d", "", "day", "2026-03-23T23:00:00Z", "2026-03-31T22:00:00Z", 8},
		"nothing said":                    {"", "", "day", "2026-03-23T23:00:00Z", "2026-03-31T22:00:00Z", 8},
		"two weeks until yesterday":       {"-2w", "-1d", "day", "2026-03-16T23:00:00Z", "2026-03-30T22:00:00Z", 14},
		"a month back is clamped":         {"-1m", "", "day", "2026-02-27T23:00:00Z", "2026-03-31T22:00:00Z", 32},
		"a year back":                     {"-1y", "", "month", "2025-02-28T23:00:00Z", "2026-03-31T22:00:00Z", 13},
		"hours are cut to the hour":       {"-24h", "", "day", "2026-03-30T10:00:00Z", "2026-03-31T22:00:00Z", 2},
		"hours as an end are excluded":    {"-24h", "-1h", "hour", "2026-03-30T10:00:00Z", "2026-03-31T09:00:00Z", 23},
		"hours end with the current one":  {"dStart", "", "hour", "2026-03-30T22:00:00Z", "2026-03-31T11:00:00Z", 13},
		"minutes end with the current":    {"-1h", "", "minute", "2026-03-31T09:00:00Z", "2026-03-31T10:21:00Z", 81},
		"this month":                      {"mStart", "", "day", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", 31},
		"this year":                       {"yStart", "", "month", "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z", 3},
		"the month before":                {"-1mStart", "-1mEnd", "day", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z", 28},
		"the last day of the month":       {"-1mEnd", "mEnd", "day", "2026-02-27T23:00:00Z", "2026-03-31T22:00:00Z", 32},
		"today":                           {"dStart", "dEnd", "day", "2026-03-30T22:00:00Z", "2026-03-31T22:00:00Z", 1},
		"the year before":                 {"-1yStart", "-1yEnd", "month", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z", 12},
		"days of a zone, the last too":    {"2026-03-28", "2026-03-29", "day", "2026-03-27T23:00:00Z", "2026-03-29T22:00:00Z", 2},
		"instants keep their offset":      {"2026-03-28T10:00:00+02:00", "2026-03-28T12:00:00Z", "hour", "2026-03-28T08:00:00Z", "2026-03-28T12:00:00Z", 4},
		"weeks begin whole":               {"-7d", "", "week", "2026-03-22T23:00:00Z", "2026-03-31T22:00:00Z", 2},
		"months begin whole":              {"2026-02-15", "2026-03-02", "month", "2026-01-31T23:00:00Z", "2026-03-02T23:00:00Z", 2},
		"everything":                      {"all", "", "week", "2026-01-04T23:00:00Z", "2026-03-31T22:00:00Z", 13},
		"everything by hours is by hours": {"all", "2026-01-07", "hour", "2026-01-07T05:00:00Z", "2026-01-07T23:00:00Z", 18},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := instant(t, "2026-01-07T05:30:00Z")
			p := insight.Period{From: c.from, To: c.to, Zone: berlin(t), FirstDay: time.Monday, Interval: map[string]events.Interval{
				"minute": events.Minute, "hour": events.Hour, "day": events.Day, "week": events.Week, "month": events.Month,
			}[c.interval]}
			s, err := p.Span(now, &first, false)
			require.NoError(t, err)
			require.Equal(t, c.start, s.Range.Start.Format(time.RFC3339))
			require.Equal(t, c.end, s.Range.End.Format(time.RFC3339))
			require.Len(t, s.Buckets, c.buckets)
		})
	}
	ahead := now.AddDate(0, 0, 1)
	for _, earliest := range []*time.Time{nil, &ahead} {
		s, err := insight.Period{From: "all"}.Span(now, earliest, false)
		require.NoError(t, err)
		require.Equal(t, "2026-03-31T00:00:00Z", s.Range.Start.Format(time.RFC3339))
	}
	s, err := insight.Period{From: "2026-03-15", Interval: events.Hour}.Span(now, nil, true)
	require.NoError(t, err)
	require.Equal(t, "2026-04-01T00:00:00Z", s.Range.End.Format(time.RFC3339), "a total does not depend on the interval")
}

func TestSpanRefuses(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-03-31T10:20:30Z")
	for field, texts := range map[string][][2]string{
		"range.start": {{"yesterday", ""}, {"-7x", ""}, {"7d", ""}, {"-d", ""}, {"2026-02-30", ""}, {"2026-5-1", ""}, {"-7dStart", "x"}, {"-9999999d", ""}, {"all ", ""}, {"2026-03-28T10:00:00", ""}, {"wStart", ""}},
		"range.end":   {{"", "all"}, {"", "-"}, {"2026-03-02", "2026-03-01"}, {"2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z"}, {"", "-30d"}},
	} {
		for _, text := range texts {
			_, err := insight.Period{From: text[0], To: text[1]}.Span(now, nil, false)
			if text == [2]string{"-7dStart", "x"} {
				refused(t, err, "range.end", text)
				continue
			}
			refused(t, err, field, text)
		}
	}
	for _, years := range [][2]string{{"1900-01-01", "1950-01-01"}, {"2300-01-01", "2400-01-01"}} {
		_, err := insight.Period{From: years[0], To: years[1], Interval: events.Month}.Span(now, nil, false)
		refused(t, err, "range", years)
	}
	s, err := insight.Period{From: "1900-01-01", To: "2400-01-01", Interval: events.Month}.Span(now, nil, false)
	require.NoError(t, err)
	require.Equal(t, events.AllTime, s.Range)
	require.Len(t, s.Buckets, (2262-1970)*12)
	_, err = insight.Period{Interval: 9}.Span(now, nil, false)
	refused(t, err, "interval")
	_, err = insight.Period{From: "-2y", Interval: events.Hour}.Span(now, nil, false)
	refused(t, err, "range")
}

func TestPeriodBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start, end, interval, wantStart, wantEnd string
		total                                    bool
	}{
		"days, the last one cut":      {"2026-03-28T00:00:00+01:00", "2026-03-31T10:00:00Z", "day", "2026-03-23T23:00:00Z", "2026-03-27T11:00:00Z", false},
		"weeks":                       {"2026-03-29T22:00:00Z", "2026-04-12T22:00:00Z", "week", "2026-03-15T23:00:00Z", "2026-03-29T22:00:00Z", false},
		"months, the day clamped":     {"2026-02-28T23:00:00Z", "2026-03-31T12:00:00Z", "month", "2026-01-31T23:00:00Z", "2026-02-28T13:00:00Z", false},
		"hours are real":              {"2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z", "hour", "2026-03-28T21:00:00Z", "2026-03-29T00:00:00Z", false},
		"a total goes back by days":   {"2026-03-29T22:00:00Z", "2026-04-01T22:00:00Z", "month", "2026-03-26T23:00:00Z", "2026-03-29T22:00:00Z", true},
		"a total of half a day's end": {"2026-03-29T22:00:00Z", "2026-04-01T12:00:00Z", "hour", "2026-03-26T23:00:00Z", "2026-03-29T12:00:00Z", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start, end := instant(t, c.start), instant(t, c.end)
			p := insight.Period{Start: &start, End: &end, Zone: berlin(t), FirstDay: time.Monday, Interval: map[string]events.Interval{
				"hour": events.Hour, "day": events.Day, "week": events.Week, "month": events.Month,
			}[c.interval]}
			s, err := p.Span(end, nil, c.total)
			require.NoError(t, err)
			interval := p.Interval
			if c.total {
				interval = events.Day
			}
			before, err := p.Before(s, interval)
			require.NoError(t, err)
			require.Equal(t, c.wantStart, before.Range.Start.Format(time.RFC3339))
			require.Equal(t, c.wantEnd, before.Range.End.Format(time.RFC3339))
			if !c.total {
				require.Len(t, before.Buckets, len(s.Buckets))
			}
		})
	}
}

func TestWindowEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value       int
		unit        insight.WindowUnit
		start, want string
	}{
		{90, insight.WindowMinute, "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"},
		{1, insight.WindowDay, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"},
		{2, insight.WindowWeek, "2026-03-01T12:00:00Z", "2026-03-15T12:00:00Z"},
		{1, insight.WindowMonth, "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"},
		{1, insight.WindowMonth, "2026-03-15T12:00:00Z", "2026-04-15T11:00:00Z"},
		{14, insight.WindowMonth, "2025-12-31T23:30:00Z", "2027-02-28T23:30:00Z"},
	} {
		w := insight.Window{Value: c.value, Unit: c.unit, Zone: berlin(t)}
		require.Equal(t, c.want, w.End(instant(t, c.start)).UTC().Format(time.RFC3339), "%v from %s", w, c.start)
	}
}
