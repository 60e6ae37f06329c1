package insight

import (
	"time"

	"devtrail.dev/services/events"
)

// Audience is whose events a request is about, before its period is worked out.
type Audience struct {
	Filter     events.Filter
	Properties []PropertyFilter // every one must match; also those that leave the organization's own people out
	By         Unit             // the zero value is Developers
}

// TrendsRequest asks for numbers by time. The answer's engine is answer.Engine, as for every request.
type TrendsRequest struct {
	Audience
	Period
	Series     []Series // 1 to 26, without keys
	Breakdown  *Breakdown
	Formula    string // empty for none
	Cumulative bool
	Compare    bool
	TotalValue bool // one number over the whole range instead of a series
}

// TrendsAnswer has a row for each series, bucket of the breakdown and period; with a formula for each bucket of the breakdown and period.
type TrendsAnswer struct {
	Buckets  []time.Time
	Previous []time.Time // of the period before; empty without Compare
	Rows     []TrendsRow // those of the current period first, in rank order
}

// TrendsRow is one line of the answer.
type TrendsRow struct {
	Series   int  // 0 with a formula
	Key      *Key // nil without a breakdown
	Previous bool
	Values   []float64 // one a bucket; nil with TotalValue
	Total    float64   // over the whole range
}

// TrendsCell is one number of the answer. It cannot be opened with a formula.
type TrendsCell struct {
	TrendCell
	Previous bool
}

// FunnelView is what is shown of a funnel; the numbers are those of the contract.
type FunnelView uint8

// How many reached each step; by the time at which they started; how long they took.
const (
	FunnelSteps FunnelView = iota + 1
	FunnelTrends
	TimeToConvert
)

// FunnelRequest asks how many actors take steps one after the other.
type FunnelRequest struct {
	Audience
	Period                      // an interval is for FunnelTrends alone
	Steps           []Matcher   // 1 to 20
	Order           Order       // the zero value is Ordered
	Window          Window      // the zero value is 14 days; Zone is the period's
	Exclusions      []Exclusion // at most 20
	Breakdown       *Breakdown
	Attribution     Attribution // the zero value is FirstTouch
	AttributionStep int
	View            FunnelView // the zero value is FunnelSteps
	FromStep        *int       // nil is the first
	ToStep          *int       // nil is the last
	BinCount        int        // of TimeToConvert; 0 chooses by the number of actors
	CountsOnly      bool       // of FunnelSteps: no conversion times, which some stores count much faster
}

// FunnelAnswer has one row, or one for each bucket of the breakdown.
type FunnelAnswer struct {
	Buckets []time.Time // of FunnelTrends
	Rows    []FunnelRow
}

// FunnelRow is one funnel. Which of its lists are filled depends on the view.
type FunnelRow struct {
	Key         *Key // nil without a breakdown
	Steps       []FunnelStep
	Periods     []FunnelPeriod // one a bucket
	Bins        []FunnelBin    // empty when nobody converted
	MeanSeconds *float64       // of TimeToConvert
}

// FunnelStep is how many actors reached a step, and how long they took from the step before. The first step and steps that nobody reached have no times.
type FunnelStep struct {
	Count         int64
	MeanSeconds   *float64
	MedianSeconds *float64
}

// FunnelPeriod is the actors that started in a bucket. Rate is a percentage with two decimals.
type FunnelPeriod struct {
	Entered, Converted int64
	Rate               float64
}

// FunnelBin is how many actors took at least so long, and less than the next bin says.
type FunnelBin struct {
	FromSeconds int64
	Actors      int64
}

// Standing tells apart the actors of a number of a funnel; the numbers are those of the contract.
type Standing uint8

// Those who reached the step; those who reached the one before and not it; of a bucket those who started in it.
const (
	Converted Standing = iota + 1
	Dropped
	Entered
)

// FunnelCell is one number of a funnel: of FunnelSteps a step, of FunnelTrends a bucket, of TimeToConvert a bin.
type FunnelCell struct {
	Key      *Key // nil without a breakdown
	Step     int
	Bucket   int
	Bin      int
	Standing Standing // the zero value is Converted
}

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

// StickinessRequest asks in how many buckets actors are active.
type StickinessRequest struct {
	Audience
	Period
	Series []Matcher // 1 to 26
}

// StickinessAnswer has, for each series, at place k-1 how many actors were active in exactly k buckets.
type StickinessAnswer struct {
	Buckets []time.Time
	Counts  [][]int64
}

// LifecycleRequest asks who is new, who stays, who comes back and who left.
type LifecycleRequest struct {
	Audience
	Period
	Series []Matcher // exactly one
}

// LifecycleAnswer has a row for each bucket. Dormant is not negative here; the contract shows it so.
type LifecycleAnswer struct {
	Buckets []time.Time
	Rows    []LifecycleRow
}

// PathsRequest asks which way actors take.
type PathsRequest struct {
	Audience
	Period            // its interval does not count
	Ways   PathsQuery // without Question; the zero values are the defaults: 30 minutes, 5 steps, 50 edges
}
