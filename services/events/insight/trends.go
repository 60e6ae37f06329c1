package insight

import (
	"time"

	"devtrail.dev/services/events"
)

// Math is what a series counts; the numbers are those of the contract.
type Math uint8

// Events; distinct actors; distinct actors of the 7 or 30 calendar days that end with each bucket; and numbers of a property: events without one
// do not count, and no number at all gives 0. Percentiles are exact, interpolated between the two nearest.
const (
	Total Math = iota + 1
	UniqueActors
	WeeklyActive
	MonthlyActive
	Sum
	Average
	Minimum
	Maximum
	Median
	P75
	P90
	P95
	P99
)

// Numeric tells whether the math is over numbers of a property.
func (m Math) Numeric() bool { return m >= Sum && m <= P99 }

// Windowed tells whether each value looks at days that reach back before its bucket.
func (m Math) Windowed() bool { return m == WeeklyActive || m == MonthlyActive }

// Percentile returns which part of the numbers lies below a percentile, 0 for other maths.
func (m Math) Percentile() float64 {
	return map[Math]float64{Median: 0.5, P75: 0.75, P90: 0.9, P95: 0.95, P99: 0.99}[m]
}

// Series is one line of a trend.
type Series struct {
	Matcher  Matcher
	Math     Math
	Property string // of the maths over numbers: a key of the event's properties
	Keys     []Key  // with a breakdown: the buckets that are kept, in rank order
}

// TrendsQuery asks for numbers by time. Buckets and windows come from this package, so that no engine's calendar decides.
type TrendsQuery struct {
	Question
	// Buckets are the starts, ascending; the first is not after Range.Start, the last before Range.End. Empty when only totals are asked for.
	Buckets []time.Time
	// Weekly and Monthly have the days of WeeklyActive and MonthlyActive: one range a bucket and, last, that of the total; the starts ascend.
	// They reach back before Range.Start, so the events of such a series are those from the start of the first to Range.End,
	// also where it is asked which keys have an event.
	Weekly, Monthly []events.Range
	Series          []Series
	Breakdown       *Breakdown
}

// Trend is one line of the answer.
type Trend struct {
	Series int
	Key    *Key      // nil without a breakdown
	Values []float64 // one a bucket
	Total  float64   // the same math over the whole range
}

// TrendCell is one number of a trend that counts actors.
type TrendCell struct {
	Series int
	Key    *Key // nil without a breakdown; with Other every actor of an event whose value is not among the series' keys
	// Actors counted by Total and by the maths over numbers are those of the events counted.
	Bucket int // -1 for the total
}
