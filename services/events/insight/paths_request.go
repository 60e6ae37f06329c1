package insight

import (
	"fmt"
	"strings"
	"time"

	"devtrail.dev/services/events"
)

// PathsRequest asks which way actors take.
type PathsRequest struct {
	Audience
	Period            // its interval does not count
	Ways   PathsQuery // without Question; the zero values are the defaults: 30 minutes, 5 steps, 50 edges
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
