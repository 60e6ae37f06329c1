package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

func TestMomentsAreReadInTheirTimeZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-01-31":                "2026-01-30T23:00:00Z",
		"2026-07-01T08:00":          "2026-07-01T06:00:00Z",
		"2026-07-01T08:00:01Z":      "2026-07-01T08:00:01Z",
		"2026-07-01T08:00:01-05:00": "2026-07-01T13:00:01Z",
		"36h":                       "2026-03-30T00:00:00Z",
		"7d":                        "2026-03-24T13:00:00Z", // The clock went forward in between.
		"2w":                        "2026-03-17T13:00:00Z",
		"1mo":                       "2026-03-03T13:00:00Z", // There is no 31 February.
		"1y":                        "2025-03-31T12:00:00Z",
	} {
		at, err := parseMoment(text, now, berlin)
		require.NoError(t, err, text)
		require.Equal(t, want, at.UTC().Format(time.RFC3339), text)
	}
	for _, text := range []string{"yesterday", "7", "-7d", "2026-13-01", "", "9999999d"} {
		_, err := parseMoment(text, now, berlin)
		require.ErrorContains(t, err, "is no time", text)
	}
}

func TestATimeRangeNamesTheFlagThatIsWrong(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	span, _, err := timeFlags{zone: "UTC"}.timeRange(now)
	require.NoError(t, err)
	require.Nil(t, span)
	span, _, err = timeFlags{since: "1d", zone: "UTC"}.timeRange(now)
	require.NoError(t, err)
	require.Equal(t, now.AddDate(0, 0, -1), span.GetStart().AsTime())
	require.Nil(t, span.GetEnd())
	_, _, err = timeFlags{until: "soon", zone: "UTC"}.timeRange(now)
	require.ErrorContains(t, err, "--until")
	_, _, err = timeFlags{zone: "Mars/Olympus"}.timeRange(now)
	require.ErrorContains(t, err, "--time-zone")
	both := bounded(nil, now)
	require.Equal(t, now, both.GetEnd().AsTime())
	require.Equal(t, now.AddDate(0, 0, -90), both.GetStart().AsTime())
	require.Equal(t, span.GetStart().AsTime(), bounded(&eventsv1.TimeRange{Start: span.GetStart()}, now).GetStart().AsTime())
}
