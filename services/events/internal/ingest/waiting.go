package ingest

import "devtrail.dev/services/events/internal/queue"

// Waiting returns what the log holds for the database; ok is false where there is no log.
func (in *Intake) Waiting() (stats queue.Stats, ok bool) {
	if in.log == nil {
		return queue.Stats{}, false
	}
	return in.log.queue.Stats(), true
}
