package insight

import (
	"time"

	"devtrail.dev/services/events"
)

// Period is the time that somebody asks about, as it was said: two instants or two texts, the instants first. What is absent is the last week until today.
type Period struct {
	Start, End *time.Time
	From, To   string // date texts of [ParseDate]; From may be "all"
	Interval   events.Interval
	Zone       *time.Location // nil is UTC
	FirstDay   time.Weekday   // of weeks
}

// Span is a period worked out.
type Span struct {
	Range   events.Range
	Buckets []time.Time
}

// all is the text that means everything since the first event.
const all = "all"

// All tells whether the period begins with the organization's first event.
func (p Period) All() bool { return p.Start == nil && p.From == all }

// location returns the period's zone.
func (p Period) location() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// Span works a period out. With weeks and months the start is rounded down to its bucket, unless raw is set. Earliest is the time of the first event,
// for a period that begins with it; nil when there is none. The error is a fault of kind Invalid for the interval, range.start, range.end or range.
func (p Period) Span(now time.Time, earliest *time.Time, raw bool) (Span, error) {
	if p.Interval > events.Minute {
		return Span{}, events.ErrRangeInvalid.With("interval %d is not known", p.Interval).Field("interval")
	}
	start, err := p.start(now, earliest)
	if err != nil {
		return Span{}, err
	}
	end, err := p.end(now, raw)
	if err != nil {
		return Span{}, err
	}
	r, err := events.NewRange(&start, &end)
	if err != nil {
		return Span{}, err
	}
	if start, end = r.Start, r.End; !end.After(start) {
		return Span{}, events.ErrRangeInvalid.With("the range lies outside the years 1970 to 2261").Field("range")
	}
	whole, buckets, err := events.Cut(start, end, p.Interval, p.location(), p.FirstDay)
	if err != nil {
		return Span{}, err
	}
	if raw {
		return Span{Range: r, Buckets: buckets}, nil
	}
	return Span{Range: whole, Buckets: buckets}, nil
}

func (p Period) start(now time.Time, earliest *time.Time) (time.Time, error) {
	switch {
	case p.Start != nil:
		return *p.Start, nil
	case p.All() && (earliest == nil || earliest.After(now)): // a clock may be ahead of ours
		return events.StartOfDay(now.In(p.location()), p.location()), nil
	case p.All():
		starts, _ := events.BucketsUntil(*earliest, 1, p.Interval, p.location(), p.FirstDay)
		return starts[0], nil
	case p.From == "":
		return ParseDate("range.start", "-7d", now, p.location())
	}
	return ParseDate("range.start", p.From, now, p.location())
}

// end returns the end of today when none is given, with short buckets that of the current one. What must not depend on the interval ends with the day.
func (p Period) end(now time.Time, raw bool) (time.Time, error) {
	switch {
	case p.End != nil:
		return *p.End, nil
	case p.To != "":
		return parseBound("range.end", p.To, to, now, p.location())
	}
	interval := events.Day
	if !raw && (p.Interval == events.Hour || p.Interval == events.Minute) {
		interval = p.Interval
	}
	_, end := events.BucketsUntil(now, 1, interval, p.location(), p.FirstDay)
	return end, nil
}

// Before returns the period as long as a span that lies directly before it: both ends moved back by the number of its buckets.
func (p Period) Before(s Span, interval events.Interval) (Span, error) {
	n := len(s.Buckets)
	if interval != p.Interval { // a total counts days, whatever its buckets are
		days, err := events.Buckets(s.Range.Start, s.Range.End, interval, p.location(), p.FirstDay)
		if err != nil {
			return Span{}, err
		}
		n = len(days)
	}
	start, end := events.Back(s.Range.Start, n, interval, p.location()), events.Back(s.Range.End, n, interval, p.location())
	r, err := events.NewRange(&start, &end)
	if err != nil {
		return Span{}, err
	}
	buckets, err := events.Buckets(r.Start, r.End, p.Interval, p.location(), p.FirstDay)
	return Span{Range: r, Buckets: buckets}, err
}

// Windows returns the calendar days of a math over days: one range a bucket, the days that end with it, and last those that end with the span.
func (p Period) Windows(s Span, days int) []events.Range {
	ends := append(append([]time.Time(nil), s.Buckets...), s.Range.End)
	var list []events.Range
	for i := range s.Buckets {
		list = append(list, p.window(ends[i+1], days))
	}
	return append(list, p.window(s.Range.End, days))
}

// window returns the calendar days of which the last holds the last moment before end.
func (p Period) window(end time.Time, days int) events.Range {
	first := dayOf(end.Add(-time.Microsecond), p.location()).AddDate(0, 0, 1-days) // without an hour: clocks may have skipped it on that day
	r := events.Range{Start: events.StartOfDay(first, p.location()).UTC(), End: end}
	if r.Start.Before(events.MinTime) {
		r.Start = events.MinTime
	}
	return r
}
