package main

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
)

// ago is a number of hours, days, weeks, months or years before now.
var ago = regexp.MustCompile(`^([0-9]{1,5})(h|d|w|mo|y)$`)

// parseMoment reads a point in time: RFC 3339, a date or a date with time in the time zone, or a time ago like 36h, 30d, 4w, 6mo, 2y.
func parseMoment(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if parts := ago.FindStringSubmatch(text); parts != nil {
		n, err := strconv.Atoi(parts[1])
		if err != nil {
			return time.Time{}, err
		}
		local := now.In(zone)
		switch parts[2] {
		case "h":
			return now.Add(-time.Duration(n) * time.Hour), nil
		case "d":
			return local.AddDate(0, 0, -n), nil
		case "w":
			return local.AddDate(0, 0, -7*n), nil
		case "mo":
			return local.AddDate(0, -n, 0), nil
		default:
			return local.AddDate(-n, 0, 0), nil
		}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-01-31, 2026-01-31T12:00:00Z, or 36h, 30d, 4w, 6mo, 2y for a time ago", text)
}

// timeFlags are the flags that bound an answer in time.
type timeFlags struct{ since, until, zone string }

// timeRange reads the flags; without any there is no bound.
func (f timeFlags) timeRange(now time.Time) (*eventsv1.TimeRange, *time.Location, error) {
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		return nil, nil, fmt.Errorf("--time-zone: %w", err)
	}
	var r eventsv1.TimeRange
	for _, bound := range []struct {
		flag, text string
		to         **timestamppb.Timestamp
	}{{"--since", f.since, &r.Start}, {"--until", f.until, &r.End}} {
		if bound.text == "" {
			continue
		}
		at, err := parseMoment(bound.text, now, zone)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", bound.flag, err)
		}
		*bound.to = timestamppb.New(at)
	}
	if r.Start == nil && r.End == nil {
		return nil, zone, nil
	}
	return &r, zone, nil
}
