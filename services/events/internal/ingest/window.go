package ingest

import (
	"time"

	"devtrail.dev/services/events"
)

// window is the times of a batch's events by the clock of their sender. They are the same whenever an event is sent again, unlike the times that the
// service makes of them, and tell with that whether an event can be one that is known no more.
type window struct {
	earliest, latest int64 // microseconds; 0 and 0 when there are none
	some             bool  // there are: 0 is a time as well, the Unix epoch
	floats           bool  // a time of the batch comes from its arrival, or from a clock that cannot be trusted
}

// A clock that is further off may be put right before the event is sent again, which changes what it says.
const steady = time.Hour

// note takes the time of an event as it was sent and as it is kept.
func (w *window) note(sent time.Time, rule events.TimeRule, kept time.Time, b *batch) {
	if rule != events.TimeAsSent && rule != events.TimeCorrected {
		w.floats = true
		return
	}
	if !kept.Before(b.received) || sent.After(b.received) || rule == events.TimeCorrected && b.received.Sub(b.sent).Abs() > steady {
		w.floats = true
	}
	at := sent.UnixMicro()
	if !w.some {
		w.earliest, w.latest, w.some = at, at, true
		return
	}
	w.earliest, w.latest = min(w.earliest, at), max(w.latest, at)
}
