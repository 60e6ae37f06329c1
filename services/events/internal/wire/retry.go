package wire

import (
	"time"

	"devtrail.dev/kit/fault"
)

// ErrRetry is the answer of the protocols that know one answer for a whole body, when an event of it is to be sent again. The ids of their events
// follow from what is sent, so the body sent again counts once.
var ErrRetry = fault.New(fault.Unavailable, "RETRY", "the events cannot be stored now; send them again").RetryAfter(time.Second)
