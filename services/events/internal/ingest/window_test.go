package ingest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// The first instant that is taken is the Unix epoch, which a device sends that does not know the time.
func TestAWindowReachesBackToTheEpoch(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	late := received.Add(-time.Minute)
	for _, times := range [][]time.Time{{events.MinTime, late}, {late, events.MinTime}, {events.MinTime}} {
		var w window
		for _, at := range times {
			w.note(at, events.TimeAsSent, at, &batch{received: received})
		}
		require.Zero(t, w.earliest, "%v", times)
		require.False(t, w.floats)
	}
}
