package wire

import (
	"time"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/ingest"
)

// ErrRetry is the answer of the protocols that know one answer for a whole body, when an event of it is to be sent again. The ids of their events
// follow from what is sent, so the body sent again counts once.
var ErrRetry = fault.New(fault.Unavailable, "RETRY", "the events cannot be stored now; send them again").RetryAfter(time.Second)

// Unsettled is ErrRetry with the longest wait when one of the events is to be sent again, else nil.
func Unsettled(results []ingest.Result) error {
	wait := time.Duration(-1)
	for _, r := range results {
		if r.Status == ingest.Retry {
			wait = max(wait, r.RetryAfter)
		}
	}
	switch {
	case wait < 0:
		return nil
	case wait == 0:
		return ErrRetry
	}
	return ErrRetry.RetryAfter(wait)
}
