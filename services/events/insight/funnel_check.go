package insight

import (
	"fmt"
	"time"
)

// MaxBins is how many bins a request may ask for; a greater number is taken as this one, a negative one as 1.
const MaxBins = 90

// longest is how long a funnel's window may be.
const longest = 100 * 365 * 24 * time.Hour

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r FunnelRequest) Checked() (FunnelRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	if err := within("steps", len(r.Steps), 1, MaxSteps); err != nil {
		return r, err
	}
	r = r.withDefaults()
	for _, check := range []func() error{r.checkNumbers, r.checkWindow, r.checkExclusions, r.checkView} {
		if err := check(); err != nil {
			return r, err
		}
	}
	if r.Breakdown, err = r.Breakdown.checked(); err != nil {
		return r, err
	}
	if b := r.Breakdown; b != nil && b.Scope != EventScope && r.By != Developers {
		return r, ErrBreakdownInvalid.With("only developers have properties and cohorts; the funnel counts something else").Field("breakdown.kind")
	}
	if r.Breakdown != nil && r.Attribution == AtStep {
		return r, within("attribution_step", r.AttributionStep, 0, len(r.Steps)-1)
	}
	return r, nil
}

func (r FunnelRequest) withDefaults() FunnelRequest {
	if r.Order == 0 {
		r.Order = Ordered
	}
	if r.Window.Unit == 0 && r.Window.Value == 0 {
		r.Window = Window{Value: 14, Unit: WindowDay}
	}
	r.Window.Zone = r.location()
	if r.Attribution == 0 {
		r.Attribution = FirstTouch
	}
	if r.View == 0 {
		r.View = FunnelSteps
	}
	return r
}

func (r FunnelRequest) checkNumbers() error {
	switch {
	case r.Order > Unordered:
		return ErrFunnelInvalid.With("order %d is not known", r.Order).Field("order")
	case r.Attribution > AllSteps:
		return ErrFunnelInvalid.With("attribution %d is not known", r.Attribution).Field("attribution")
	case r.View > TimeToConvert:
		return ErrFunnelInvalid.With("view %d is not known", r.View).Field("view")
	case r.Interval != 0 && r.View != FunnelTrends:
		return ErrFunnelInvalid.With("only a funnel by time has an interval").Field("interval")
	}
	return nil
}

func (r FunnelRequest) checkWindow() error {
	w := r.Window
	if w.Unit < WindowMinute || w.Unit > WindowMonth {
		return ErrFunnelInvalid.With("unit %d is not known", w.Unit).Field("window.unit")
	}
	most := int(longest / w.Unit.length())
	if w.Unit == WindowMonth { // of the calendar, which are shorter than the longest of them
		most = 100 * 12
	}
	if w.Value <= 0 || w.Value > most {
		return ErrFunnelInvalid.With("the window is %d, it must be above 0 and at most a hundred years", w.Value).Field("window.value")
	}
	return nil
}

func (r FunnelRequest) checkExclusions() error {
	if err := within("exclusions", len(r.Exclusions), 0, MaxExclusions); err != nil {
		return err
	}
	last := len(r.Steps) - 1
	for i, x := range r.Exclusions {
		field := fmt.Sprintf("exclusions[%d]", i)
		switch {
		case x.From < 0 || x.From > last:
			return ErrFunnelInvalid.With("step %d is not one of the funnel's", x.From).Field(field + ".from_step")
		case x.To <= x.From:
			return ErrFunnelInvalid.With("step %d does not come after step %d", x.To, x.From).Field(field + ".to_step")
		case x.To > last:
			return ErrFunnelInvalid.With("step %d is beyond the last", x.To).Field(field + ".to_step")
		case r.Order == Unordered && (x.From != 0 || x.To != last):
			return ErrFunnelInvalid.With("without an order an exclusion is for the whole funnel").Field(field + ".from_step")
		}
		for step := x.From; step <= x.To; step++ {
			if x.Matcher.covers(r.Steps[step]) {
				return ErrFunnelInvalid.With("the exclusion also matches everything that step %d matches", step).Field(field)
			}
		}
	}
	return nil
}

// checkView refuses steps between which nobody could be measured. A funnel of one step has only that one.
func (r FunnelRequest) checkView() error {
	last := len(r.Steps) - 1
	from, to := r.Between()
	switch {
	case from < 0 || from > last:
		return ErrFunnelInvalid.With("step %d is not one of the funnel's", from).Field("from_step")
	case to < 0 || to > last:
		return ErrFunnelInvalid.With("step %d is not one of the funnel's", to).Field("to_step")
	case to <= from && (r.FromStep != nil || r.ToStep != nil):
		return ErrFunnelInvalid.With("step %d does not come after step %d", to, from).Field("to_step")
	}
	return nil
}

// Between returns the steps between which actors are measured: the first and the last unless others are asked for.
func (r FunnelRequest) Between() (fromStep, toStep int) {
	toStep = len(r.Steps) - 1
	if r.FromStep != nil {
		fromStep = *r.FromStep
	}
	if r.ToStep != nil {
		toStep = *r.ToStep
	}
	return fromStep, toStep
}

// Query returns what the request asks of a store within a range.
func (r FunnelRequest) Query(within Span) FunnelQuery {
	return FunnelQuery{
		Question: r.Question(within.Range), Steps: r.Steps, Order: r.Order, Window: r.Window, Exclusions: r.Exclusions,
		Breakdown: r.Breakdown, Attribution: r.Attribution, AttributionStep: r.AttributionStep,
	}
}
