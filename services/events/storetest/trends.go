package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

var trendsCases = []testCase{
	{"a trend without events is zero in every bucket", emptyTrend},
	{"hours and days around clock changes", clockChanges},
	{"the first bucket of days is partial and of weeks whole", partialBuckets},
	{"distinct developers of the range are not the sum of the buckets", uniqueTotals},
	{"a trend counts events of its name, range and filter only", trendFilter},
	{"a trend may have as many buckets as are allowed", manyBuckets},
}

func emptyTrend(t *testing.T, s *subject) {
	q := s.trendsQuery(noon, noon.AddDate(0, 0, 2), events.Day, "")
	require.Equal(t, insight.Trend{Values: []float64{0, 0, 0}}, s.trend(q, insight.Total, ""))
	require.Equal(t, insight.Trend{Values: []float64{0, 0, 0}}, s.trend(q, insight.UniqueActors, ""))
}

// clockChanges puts an event before and one after each midnight of a week around a change.
func clockChanges(t *testing.T, s *subject) {
	for _, c := range []struct {
		zone string
		day  time.Time // of the change
	}{
		{"Europe/Berlin", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
		{"Europe/Berlin", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},
		{"America/New_York", time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)},
		{"Australia/Lord_Howe", time.Date(2026, 4, 5, 0, 0, 0, 0, time.UTC)},
		{"Asia/Kolkata", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		{"America/Sao_Paulo", time.Date(2018, 11, 4, 0, 0, 0, 0, time.UTC)},
		{"Pacific/Apia", time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC)},
	} {
		for _, interval := range []events.Interval{events.Hour, events.Day} {
			q := s.trendsQuery(c.day.AddDate(0, 0, -3), c.day.AddDate(0, 0, 4), interval, c.zone)
			q.Filter.Projects = []string{c.zone + c.day.String() + string(rune('0'+interval))}
			var batch []events.Event
			want := make([]float64, len(q.Buckets))
			for i, start := range q.Buckets {
				for _, instant := range []time.Time{start, start.Add(-time.Microsecond)} {
					if !q.Range.Holds(instant) {
						continue
					}
					batch = append(batch, s.event(q.Filter.Projects[0]+instant.String(), at(instant), func(e *events.Event) { e.Project = q.Filter.Projects[0] }))
					if instant.Equal(start) {
						want[i]++
					} else {
						want[i-1]++
					}
				}
			}
			s.append(batch...)
			require.Equal(t, insight.Trend{Values: want, Total: float64(len(batch))}, s.trend(q, insight.Total, ""), "%s %s", c.zone, c.day)
		}
	}
}

func partialBuckets(t *testing.T, s *subject) {
	s.append(s.event("a", at(noon.Add(-time.Hour))), s.event("b", at(noon)), s.event("c", at(noon.AddDate(0, 0, 1))))
	end := noon.AddDate(0, 0, 2)
	require.Equal(t, insight.Trend{Values: []float64{1, 1, 0}, Total: 2}, s.trend(s.trendsQuery(noon, end, events.Day, ""), insight.Total, ""))
	require.Equal(t, insight.Trend{Values: []float64{3}, Total: 3}, s.trend(s.trendsQuery(noon, end, events.Week, ""), insight.Total, ""))
	require.Equal(t, insight.Trend{Values: []float64{3}, Total: 3}, s.trend(s.trendsQuery(noon, end, events.Month, ""), insight.Total, ""))
}

func uniqueTotals(t *testing.T, s *subject) {
	next := at(noon.AddDate(0, 0, 1))
	s.append(
		s.event("a", by("ada@example.org", "ada")), s.event("b", by("ada@work.example", "ada")),
		s.event("c", by("ada@example.org", "ada"), next), s.event("d", by("bo@example.org", "bo"), next),
		s.event("e", by("ghost@example.org", ""), next), s.event("f", next),
	)
	q := s.trendsQuery(noon, noon.AddDate(0, 0, 2), events.Day, "")
	require.Equal(t, insight.Trend{Values: []float64{1, 2, 0}, Total: 2}, s.trend(q, insight.UniqueActors, ""))
	require.Equal(t, insight.Trend{Values: []float64{2, 4, 0}, Total: 6}, s.trend(q, insight.Total, ""))
}

func trendFilter(t *testing.T, s *subject) {
	s.append(s.event("a", named("x"), touching("pkg:npm/p@1")), s.event("b", named("x")), s.event("c", named("y")), s.event("d", named("x"), at(noon.Add(time.Hour))))
	q := s.trendsQuery(noon, noon.Add(time.Hour), events.Hour, "")
	equal(t, float64(2), s.trend(q, insight.Total, "x").Total, "trend")
	equal(t, float64(3), s.trend(q, insight.Total, "").Total, "trend")
	q.Filter.Names = []string{"y"}
	equal(t, float64(0), s.trend(q, insight.Total, "x").Total, "trend")
	q.Filter = events.Filter{Packages: []events.PackageVersion{{Package: "pkg:npm/p"}}}
	equal(t, float64(1), s.trend(q, insight.Total, "").Total, "trend")
}

func manyBuckets(t *testing.T, s *subject) {
	s.append(s.event("a", at(noon.Add(9999*time.Hour))))
	q := s.trendsQuery(noon, noon.Add(events.MaxBuckets*time.Hour), events.Hour, "")
	require.Len(t, q.Buckets, events.MaxBuckets)
	trend := s.trend(q, insight.Total, "")
	equal(t, float64(1), trend.Values[9999], "trend")
	equal(t, float64(1), trend.Total, "trend")
}
