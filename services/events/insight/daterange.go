package insight

import (
	"regexp"
	"strconv"
	"time"

	"devtrail.dev/services/events"
)

// bound tells the two ends of a range apart: the same text means another instant as each of them.
type bound bool

const (
	from bound = false
	to   bound = true
)

var (
	dayText      = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	relativeText = regexp.MustCompile(`^-([0-9]{1,6})([hdwmy])$`)
	edgeText     = regexp.MustCompile(`^(?:-([0-9]{1,6}))?([dmy])(Start|End)$`)
)

// ParseDate reads a date text as the start of a range: RFC 3339, a day, or a text relative to now such as -7d or mStart, in the zone.
// The error is a fault of kind Invalid for the field.
func ParseDate(field, text string, now time.Time, zone *time.Location) (time.Time, error) {
	return parseBound(field, text, from, now, zone)
}

func parseBound(field, text string, side bound, now time.Time, zone *time.Location) (time.Time, error) {
	unreadable := ErrDateInvalid.With("%.80q is neither RFC 3339 nor a day nor a text such as -7d, -24h or mStart", text).Field(field)
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	if dayText.MatchString(text) {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return time.Time{}, unreadable
		}
		return side.ofDay(day, zone), nil
	}
	today := dayOf(now, zone)
	if m := relativeText.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return time.Time{}, unreadable
		}
		if m[2] == "h" {
			return startOfHour(now.Add(-time.Duration(n)*time.Hour), zone), nil
		}
		return side.ofDay(back(today, n, m[2]), zone), nil
	}
	if m := edgeText.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi("0" + m[1])
		if err != nil {
			return time.Time{}, unreadable
		}
		return side.ofDay(edge(back(firstOf(today, m[2]), n, m[2]), m[2], m[3] == "End"), zone), nil
	}
	return time.Time{}, unreadable
}

// ofDay returns the start of a day, or of the next when the day ends a range: it is included.
func (b bound) ofDay(day time.Time, zone *time.Location) time.Time {
	if b == to {
		day = day.AddDate(0, 0, 1)
	}
	return events.StartOfDay(day, zone)
}

// dayOf returns the calendar day of an instant, written as midnight in UTC.
func dayOf(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// back goes back by days, weeks, months or years of the calendar; a day that the month does not have becomes its last.
func back(day time.Time, n int, unit string) time.Time {
	switch unit {
	case "d":
		return day.AddDate(0, 0, -n)
	case "w":
		return day.AddDate(0, 0, -7*n)
	case "y":
		n *= 12
	}
	return addMonths(day, -n)
}

// addMonths moves by months; a day that the month does not have becomes its last.
func addMonths(t time.Time, n int) time.Time {
	year, month, day := t.Date()
	last := time.Date(year, month+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	hour, minute, second := t.Clock()
	return time.Date(year, month+time.Month(n), min(day, last), hour, minute, second, t.Nanosecond(), t.Location())
}

// firstOf returns the first day of the day, month or year.
func firstOf(day time.Time, unit string) time.Time {
	switch unit {
	case "m":
		return day.AddDate(0, 0, 1-day.Day())
	case "y":
		return day.AddDate(0, 0, 1-day.YearDay())
	}
	return day
}

// edge returns the first or the last day of the day, month or year that begins with the given day.
func edge(first time.Time, unit string, last bool) time.Time {
	switch {
	case last && unit == "m":
		return first.AddDate(0, 1, -1)
	case last && unit == "y":
		return first.AddDate(1, 0, -1)
	}
	return first
}

// startOfHour cuts an instant to the hour that a clock of the zone shows.
func startOfHour(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	past := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	return t.Add(-past)
}
