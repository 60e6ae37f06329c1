package events

import (
	"strings"
	"time"
	_ "time/tzdata" // the same zones on every machine, containers without a zone database included
)

// MaxBuckets is how many buckets a trend may have.
const MaxBuckets = 10_000

// Interval is the width of a bucket; the numbers are those of the contract.
type Interval uint8

// A real hour; a calendar day of 23 to 25 hours; a calendar week; a calendar month; a minute.
const (
	Hour Interval = iota + 1
	Day
	Week
	Month
	Minute
)

// Zone returns the time zone of an IANA name, UTC for the empty name.
func Zone(name string) (*time.Location, error) {
	unknown := ErrTimeZoneUnknown.With("the time zone %s is not known", quote(name)).Field("time_zone")
	if strings.EqualFold(name, "local") { // the machine's own zone is no answer to anybody
		return nil, unknown
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, unknown
	}
	return zone, nil
}

// Buckets returns the starts of the buckets from the one that holds start to the last that begins before end.
// They are computed here, once, so that the engines' calendars never decide. Weeks begin on firstDay.
// The error is a fault of kind Invalid when there would be more than MaxBuckets.
//
// Hours are counted in real hours from the first, which begins on a whole hour of the zone: after a clock change of half an hour they begin at the half.
func Buckets(start, end time.Time, interval Interval, zone *time.Location, firstDay time.Weekday) ([]time.Time, error) {
	if width := widest(interval); width > 0 && end.Sub(start) > MaxBuckets*width { // Sub stops at 292 years, which is more than 10000 weeks
		return nil, tooLong()
	}
	var starts []time.Time
	first := bucketOf(start, interval, zone, firstDay)
	for n := 0; ; n++ {
		next := first.at(n)
		if !next.Before(end) {
			return starts, nil
		}
		if len(starts) > 0 && !next.After(starts[len(starts)-1]) { // a day that its zone skipped
			continue
		}
		if len(starts) == MaxBuckets {
			return nil, tooLong()
		}
		starts = append(starts, next.UTC())
	}
}

func tooLong() error {
	return ErrRangeTooLong.With("the range has more than %d buckets", MaxBuckets).Field("range")
}

// widest is more than any bucket of the interval takes, so that hopeless ranges are refused without counting; 0 for months, of which there are few.
func widest(interval Interval) time.Duration {
	switch interval {
	case Minute:
		return time.Minute
	case Hour:
		return time.Hour
	case Day:
		return 26 * time.Hour
	case Week:
		return 170 * time.Hour
	default:
		return 0
	}
}

// bucket is the first bucket of a query; the others are counted from it.
type bucket struct {
	start    time.Time // hours and minutes
	year     int       // days, weeks and months
	month    time.Month
	day      int
	interval Interval
	zone     *time.Location
}

// bucketOf returns the bucket that holds an instant.
func bucketOf(t time.Time, interval Interval, zone *time.Location, firstDay time.Weekday) bucket {
	local := t.In(zone)
	b := bucket{interval: interval, zone: zone}
	b.year, b.month, b.day = local.Date()
	switch interval {
	case Minute:
		b.start = t.Add(-time.Duration(local.Second())*time.Second - time.Duration(local.Nanosecond()))
	case Hour:
		past := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		b.start = t.Add(-past)
	case Week:
		b.day -= int(local.Weekday()-firstDay+7) % 7
	case Month:
		b.day = 1
	}
	return b
}

// at returns the start of the n-th bucket after the first.
func (b bucket) at(n int) time.Time {
	switch b.interval {
	case Minute:
		return b.start.Add(time.Duration(n) * time.Minute)
	case Hour:
		return b.start.Add(time.Duration(n) * time.Hour)
	case Week:
		return startOfDay(b.year, b.month, b.day+7*n, b.zone)
	case Month:
		return startOfDay(b.year, b.month+time.Month(n), 1, b.zone)
	default:
		return startOfDay(b.year, b.month, b.day+n, b.zone)
	}
}

// StartOfDay returns the first instant in a zone of the calendar day that a time shows in its own.
func StartOfDay(day time.Time, zone *time.Location) time.Time {
	year, month, date := day.Date()
	return startOfDay(year, month, date, zone)
}

// startOfDay returns the first instant of a day. Where clocks jump over midnight that is the moment after the jump,
// and where midnight comes twice it is the first one; time.Date promises neither.
func startOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	wall := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // the same reading of the clock, as a number
	from, to := t.ZoneBounds()
	if shown := reading(t); !shown.Equal(wall) { // midnight is in a gap; time.Date took the offset of one of its sides
		if shown.After(wall) {
			return from
		}
		return to
	}
	if from.IsZero() {
		return t
	}
	_, before := from.Add(-time.Nanosecond).Zone()
	if earlier := wall.Add(-time.Duration(before) * time.Second); earlier.Before(from) && earlier.Before(t) {
		return earlier.In(zone)
	}
	return t
}

// reading is what a clock on the wall shows, as a time in UTC.
func reading(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// BucketsUntil returns the starts of n buckets, of which the last holds an instant, and the end of the last.
func BucketsUntil(t time.Time, n int, interval Interval, zone *time.Location, firstDay time.Weekday) (starts []time.Time, end time.Time) {
	last := bucketOf(t, interval, zone, firstDay)
	for i := 1; !end.After(last.at(0)); i++ { // a day that its zone skipped ends where it begins
		end = last.at(i).UTC()
	}
	starts = make([]time.Time, n)
	next := end
	for i, at := 0, n-1; at >= 0; i-- {
		if start := last.at(i).UTC(); start.Before(next) {
			starts[at], next = start, start
			at--
		}
	}
	return starts, end
}

// Beside returns where the bucket before some begins and where the last of them ends. Hours and minutes are real ones, counted from theirs: after a clock
// change of half an hour a bucket does not begin with an hour of the zone.
func Beside(starts []time.Time, interval Interval, zone *time.Location, firstDay time.Weekday) (before, end time.Time) {
	first, last := starts[0], starts[len(starts)-1]
	if interval == Minute || interval == Hour {
		return Back(first, 1, interval, zone), Back(last, -1, interval, zone)
	}
	two, _ := BucketsUntil(first, 2, interval, zone, firstDay)
	_, end = BucketsUntil(last, 1, interval, zone, firstDay)
	return two[0], end
}

// Back moves an instant back by n widths of a bucket: real hours and minutes, else days, weeks and months of the zone's calendar at the same reading of
// the clock. A day that the month does not have becomes its last, a day's first instant stays one, and a reading that clocks skip is never one before them:
// with those that skip midnight it would be one of another day.
func Back(t time.Time, n int, interval Interval, zone *time.Location) time.Time {
	switch interval {
	case Minute:
		return t.Add(-time.Duration(n) * time.Minute)
	case Hour:
		return t.Add(-time.Duration(n) * time.Hour)
	}
	local := t.In(zone)
	year, month, day := local.Date()
	switch interval {
	case Week:
		day -= 7 * n
	case Month:
		month -= time.Month(n)
		day = min(day, time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day())
	default:
		day -= n
	}
	if t.Equal(StartOfDay(local, zone)) {
		return startOfDay(year, month, day, zone).UTC()
	}
	hour, minute, second := local.Clock()
	at := time.Date(year, month, day, hour, minute, second, local.Nanosecond(), zone)
	if reading(at).Before(time.Date(year, month, day, hour, minute, second, local.Nanosecond(), time.UTC)) {
		_, at = at.ZoneBounds()
	}
	return at.UTC()
}
