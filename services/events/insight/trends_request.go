package insight

import (
	"fmt"
	"time"
)

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

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r TrendsRequest) Checked() (TrendsRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	if err := within("series", len(r.Series), 1, MaxSeries); err != nil {
		return r, err
	}
	for i, s := range r.Series {
		if s.Math < Total || s.Math > P99 {
			return r, ErrMathInvalid.With("math %d is not known", s.Math).Field(fmt.Sprintf("series[%d].math", i))
		}
		if s.Math.Numeric() {
			if err := checkText(fmt.Sprintf("series[%d].math_property", i), s.Property, MaxKeyLength); err != nil {
				return r, err
			}
		}
	}
	if r.Cumulative && r.TotalValue {
		return r, ErrSeriesInvalid.With("a total value has no running sum").Field("cumulative")
	}
	if r.Breakdown, err = r.Breakdown.checked(); err != nil {
		return r, err
	}
	if r.Formula != "" {
		_, err = ParseFormula(r.Formula, len(r.Series))
	}
	return r, err
}
