package insight

import "devtrail.dev/services/events"

// Audience is whose events a request is about, before its period is worked out.
type Audience struct {
	Filter     events.Filter
	Properties []PropertyFilter // every one must match; also those that leave the organization's own people out
	By         Unit             // the zero value is Developers
}

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
