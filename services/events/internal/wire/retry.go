package wire

import (
	"cmp"
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
)

// ErrRetry is the answer of the protocols that know one answer for a whole body, when an event of it is to be sent again. The ids of their events
// follow from what is sent, so the body sent again counts once.
var ErrRetry = fault.New(fault.Unavailable, "RETRY", "the events cannot be stored now; send them again").RetryAfter(time.Second)

// Unsettled is ErrRetry with the longest wait, and its reason where there is one, when one of the events is to be sent again, else nil.
func Unsettled(results []ingest.Result) error {
	var longest *ingest.Result
	for i := range results {
		if r := &results[i]; r.Status == ingest.Retry && (longest == nil || r.RetryAfter > longest.RetryAfter) {
			longest = r
		}
	}
	if longest == nil {
		return nil
	}
	wait, reason := cmp.Or(longest.RetryAfter, ErrRetry.Retry()), cmp.Or(fault.ReasonOf(longest.Err), ErrRetry.Reason())
	return fault.New(ErrRetry.Kind(), reason, ErrRetry.Message()).RetryAfter(wait)
}
