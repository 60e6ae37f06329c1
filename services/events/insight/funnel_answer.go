package insight

import "time"

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
