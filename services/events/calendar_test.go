package events_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start, end, zone string
		interval         events.Interval
		firstDay         time.Weekday
		want             []string
	}{
		"days of 23 hours":                 {"2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Berlin", events.Day, 0, []string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}},
		"a day of 25 hours":                {"2026-10-25T12:00:00Z", "2026-10-26T12:00:00Z", "Europe/Berlin", events.Day, 0, []string{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}},
		"hours around the change are real": {"2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z", "Europe/Berlin", events.Hour, 0, []string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
		"whole hours of India":             {"2026-06-01T00:00:00Z", "2026-06-01T01:00:00Z", "Asia/Kolkata", events.Hour, 0, []string{"2026-05-31T23:30:00Z", "2026-06-01T00:30:00Z"}},
		"midnight that is skipped":         {"2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z", "America/Sao_Paulo", events.Day, 0, []string{"2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
		"midnight that comes twice":        {"2018-02-17T12:00:00Z", "2018-02-19T00:00:00Z", "America/Sao_Paulo", events.Day, 0, []string{"2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"}},
		"a day that never was":             {"2011-12-29T12:00:00Z", "2011-12-31T12:00:00Z", "Pacific/Apia", events.Day, 0, []string{"2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"}},
		"weeks begin on Monday":            {"2026-05-01T12:00:00Z", "2026-05-05T00:00:00Z", "", events.Week, time.Monday, []string{"2026-04-27T00:00:00Z", "2026-05-04T00:00:00Z"}},
		"weeks begin on Sunday":            {"2026-05-03T12:00:00Z", "2026-05-10T00:00:00Z", "", events.Week, time.Sunday, []string{"2026-05-03T00:00:00Z"}},
		"months across a year":             {"2025-12-31T12:00:00Z", "2026-02-01T00:00:01Z", "", events.Month, 0, []string{"2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := events.Zone(c.zone)
			require.NoError(t, err)
			starts, err := events.Buckets(instant(t, c.start), instant(t, c.end), c.interval, zone, c.firstDay)
			require.NoError(t, err)
			var got []string
			for _, s := range starts {
				got = append(got, s.Format(time.RFC3339))
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestBucketsHoldEveryInstant walks over all changes of some zones in sixty years. Newfoundland once moved its clocks by two hours.
func TestBucketsHoldEveryInstant(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/St_Johns", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Gaza", "Asia/Kathmandu"} {
		zone, err := events.Zone(name)
		require.NoError(t, err)
		for year := 1970; year < 2030; year += 20 {
			start, end := time.Date(year, 1, 1, 5, 0, 0, 0, time.UTC), time.Date(year+20, 1, 1, 0, 0, 0, 0, time.UTC)
			starts, err := events.Buckets(start, end, events.Day, zone, time.Monday)
			require.NoError(t, err)
			require.False(t, starts[0].After(start), name)
			require.True(t, starts[len(starts)-1].Before(end), name)
			for i := 1; i < len(starts); i++ {
				width := starts[i].Sub(starts[i-1])
				require.True(t, width >= 22*time.Hour && width <= 26*time.Hour, "%s: %s after %s", name, width, starts[i-1])
			}
		}
	}
}

func TestBucketsRefuse(t *testing.T) {
	t.Parallel()
	start := instant(t, "1970-01-01T00:00:00Z")
	for interval, end := range map[events.Interval]time.Time{
		events.Hour:  start.Add((events.MaxBuckets + 1) * time.Hour),
		events.Day:   start.AddDate(0, 0, events.MaxBuckets+1),
		events.Week:  start.AddDate(0, 0, 7*events.MaxBuckets+1),
		events.Month: start.AddDate(0, events.MaxBuckets+1, 0),
	} {
		_, err := events.Buckets(start, end, interval, time.UTC, time.Monday)
		require.ErrorIs(t, err, events.ErrRangeTooLong)
	}
	for _, zone := range []string{"Local", "local", "Mars/Olympus", "../etc/passwd", "Europe/berlin\x00"} {
		_, err := events.Zone(zone)
		require.ErrorIs(t, err, fault.Invalid, zone)
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at
}
