package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestADeadLetterIsKeptWhateverTheClockSays has an instance keep letters that another has kept and removed, whose clock is ahead.
func TestADeadLetterIsKeptWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	ahead, behind := reopen(t, address), reopen(t, address)
	ahead.now = func() time.Time { return time.Now().Add(time.Hour) }
	replaced := events.DeadLetter{FailedAt: noon, ID: storetest.ID("replaced"), Payload: []byte("1"), Reason: "OLD", ReceivedAt: noon}
	removed := replaced
	removed.ID = storetest.ID("removed")
	require.NoError(t, ahead.AddDeadLetters(t.Context(), org, []events.DeadLetter{replaced, removed}))
	require.NoError(t, ahead.RemoveDeadLetter(t.Context(), org, removed.ID))
	replaced.Reason, removed.Reason = "NEW", "NEW"
	require.NoError(t, behind.AddDeadLetters(t.Context(), org, []events.DeadLetter{replaced, removed}))
	for _, want := range []events.DeadLetter{replaced, removed} {
		got, err := behind.DeadLetter(t.Context(), org, want.ID)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
