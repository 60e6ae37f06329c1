package insight

import (
	"fmt"
	"strings"
	"time"

	"devtrail.dev/services/events"
)

// Limits of requests.
const (
	MaxSeries          = 26
	MaxBreakdownValues = 500
	MaxCohorts         = 100
	MaxSteps           = 20
	MaxExclusions      = 20
	MaxIntervals       = 100
	MaxSources         = 20
	MaxPathRules       = 100 // cleanings, groupings and excluded items, each
	MaxEdges           = 1000
	defaultBreakdown   = 25
)

// checked returns the audience with its defaults.
func (a Audience) checked() (Audience, error) {
	if a.By == 0 {
		a.By = Developers
	}
	if a.By > Packages {
		return a, ErrSeriesInvalid.With("unit %d is not known", a.By).Field("by")
	}
	return a, nil
}

// Question is what the request asks of a store within a range.
func (a Audience) Question(within events.Range) Question {
	return Question{Range: within, Filter: a.Filter, Properties: a.Properties, By: a.By}
}

// within refuses a number outside its limits.
func within(field string, n, least, most int) error {
	if n < least || n > most {
		return ErrLimitInvalid.With("%s is %d, it must be %d to %d", field, n, least, most).Field(field)
	}
	return nil
}

// checked returns the breakdown with its default limit.
func (b *Breakdown) checked() (*Breakdown, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // no breakdown is a breakdown, too
	}
	c := *b
	switch c.Scope {
	case EventScope, DeveloperScope:
		if err := within("breakdown.properties", len(c.Properties), 1, 3); err != nil {
			return nil, err
		}
		for i, key := range c.Properties {
			if err := checkText(fmt.Sprintf("breakdown.properties[%d]", i), key, MaxKeyLength); err != nil {
				return nil, err
			}
		}
		if c.Limit == 0 {
			c.Limit = defaultBreakdown
		}
		return &c, within("breakdown.limit", c.Limit, 1, MaxBreakdownValues)
	case CohortScope:
		c.Limit = len(c.Cohorts)
		return &c, within("breakdown.cohorts", len(c.Cohorts), 1, MaxCohorts)
	}
	return nil, ErrBreakdownInvalid.With("a breakdown is by properties of events or developers, or by cohorts").Field("breakdown.kind")
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

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r StickinessRequest) Checked() (StickinessRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	return r, within("series", len(r.Series), 1, MaxSeries)
}

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r LifecycleRequest) Checked() (LifecycleRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	return r, within("series", len(r.Series), 1, 1)
}

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r PathsRequest) Checked() (PathsRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	w := &r.Ways
	if w.Gap == 0 {
		w.Gap = 30 * time.Minute
	}
	if w.StepLimit == 0 {
		w.StepLimit = 5
	}
	if w.EdgeLimit == 0 {
		w.EdgeLimit = 50
	}
	switch {
	case len(w.Sources) == 0:
		return r, events.ErrFieldMissing.With("the request has no source").Field("sources")
	case w.Gap < 0:
		return r, ErrPathsInvalid.With("the gap between two items is negative").Field("session_gap")
	case w.MinWeight < 0:
		return r, ErrPathsInvalid.With("the least weight is negative").Field("min_weight")
	case w.MaxWeight < 0 || w.MaxWeight != 0 && w.MaxWeight < w.MinWeight:
		return r, ErrPathsInvalid.With("the greatest weight %d is below the least %d", w.MaxWeight, w.MinWeight).Field("max_weight")
	}
	for _, limit := range []struct {
		field          string
		n, least, most int
	}{
		{"sources", len(w.Sources), 1, MaxSources},
		{"step_limit", w.StepLimit, 2, 20},
		{"cleaning", len(w.Cleaning), 0, MaxPathRules},
		{"groupings", len(w.Groupings), 0, MaxPathRules},
		{"exclude_items", len(w.Exclude), 0, MaxPathRules},
		{"edge_limit", w.EdgeLimit, 1, MaxEdges},
	} {
		if err := within(limit.field, limit.n, limit.least, limit.most); err != nil {
			return r, err
		}
	}
	for i, g := range w.Groupings {
		if err := checkText(fmt.Sprintf("groupings[%d]", i), g, MaxPatternLength); err != nil {
			return r, err
		}
		if strings.Count(g, "*") > 20 {
			return r, ErrPathsInvalid.With("%.80q has more than 20 asterisks", g).Field(fmt.Sprintf("groupings[%d]", i))
		}
	}
	return r, nil
}
