package ingest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// Senders who wait for a database that is away give up and come again, for hours: nothing may stay of them.
func TestWhoWaitsNoLongerIsForgotten(t *testing.T) {
	t.Parallel()
	j := &journal{drain: newDrain(Log{})}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var patient []*submission
	for n := range 20 {
		s := newSubmission(&batch{ids: make([]uuid.UUID, 1)})
		s.fresh = n % 2 // of a repeated event nothing is appended
		s.position = 5
		j.drain.expect(s, 7)
		if n < 4 {
			patient = append(patient, s)
			continue
		}
		_, err := j.await(ended, s)
		require.ErrorIs(t, err, context.Canceled)
	}
	early := newSubmission(&batch{}) // of who left before it was on the disk
	j.drain.abandon(early)
	j.drain.expect(early, 7)
	left := 0
	for _, list := range j.drain.waiters {
		left += len(list)
	}
	require.Equal(t, len(patient), left)
	j.drain.advance(&stage{upTo: 7, whole: queue.NewBlock(queue.Cut{}, nil, time.Time{})})
	for _, s := range patient {
		_, err := j.await(t.Context(), s)
		require.NoError(t, err)
	}
	require.Empty(t, j.drain.waiters)
}
