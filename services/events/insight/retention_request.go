package insight

import (
	"time"

	"devtrail.dev/services/events"
)

// RetentionRequest asks who came back.
type RetentionRequest struct {
	Audience
	Target    Matcher
	Returning Matcher
	FirstTime bool
	Interval  events.Interval // not Minute; the zero value is Day
	Total     int             // 1 to 100 intervals; 0 is 11
	AsOf      *time.Time      // the last interval holds it; nil is now
	Zone      *time.Location  // nil is UTC
	FirstDay  time.Weekday
}

// RetentionAnswer has a row for each interval.
type RetentionAnswer struct {
	Rows []RetentionRow
}

// RetentionRow is the actors of one interval: Values[0] is how many they are, Values[j] how many of them appear j intervals later.
type RetentionRow struct {
	Start  time.Time
	Values []int64
}

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r RetentionRequest) Checked() (RetentionRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	if r.Total == 0 {
		r.Total = 11
	}
	if err := within("total_intervals", r.Total, 1, MaxIntervals); err != nil {
		return r, err
	}
	if r.Interval == 0 {
		r.Interval = events.Day
	}
	if r.Interval > events.Month {
		return r, ErrSeriesInvalid.With("the period is an hour, a day, a week or a month").Field("period")
	}
	if r.Target == nil {
		return r, events.ErrFieldMissing.With("the request has no target").Field("target")
	}
	if r.Returning == nil {
		return r, events.ErrFieldMissing.With("the request has no returning event").Field("returning")
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	return r, nil
}
