package insight

import "time"

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

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r StickinessRequest) Checked() (StickinessRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	return r, within("series", len(r.Series), 1, MaxSeries)
}
