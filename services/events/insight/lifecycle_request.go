package insight

import "time"

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

// Checked returns the request with its defaults. The error is a fault of kind Invalid that names the field.
func (r LifecycleRequest) Checked() (LifecycleRequest, error) {
	var err error
	if r.Audience, err = r.checked(); err != nil {
		return r, err
	}
	return r, within("series", len(r.Series), 1, 1)
}
