package server

import (
	"time"

	"devtrail.dev/services/events/internal/timerslack"
)

// timerSlack is how late the service's waits may end. The shortest, for more that is to be synced, is a millisecond.
const timerSlack = 1500 * time.Microsecond

// Prepare makes a process fit for the service. It is to be called first in main, before anything is begun: on Linux the program starts once more, as the same
// process with the same arguments and environment.
func Prepare() { timerslack.Raise(timerSlack) }
