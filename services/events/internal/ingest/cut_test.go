package ingest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// While the store is busy a block waits for half of what many senders have on their way, and for no more than few senders have.
func TestABusyStoreIsGivenHalfOfWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	d := newDrain(Log{})
	require.Equal(t, busyEvents, d.plenty(), "nothing is known of the senders")
	for _, step := range []struct{ onItsWay, want int }{
		{50_000, busyEvents},
		{400_000, 200_000},
		{380_000, 190_000},
		{2_000_000, blockEvents},
	} {
		d.uncutEvents = step.onItsWay
		d.rise()
		require.Equal(t, step.want, d.plenty(), "%d events", step.onItsWay)
	}
	d.uncutEvents = 10_000 // most senders have gone
	blocks := 0
	for ; d.plenty() > busyEvents; blocks++ {
		d.rise()
	}
	require.Positive(t, blocks, "a moment with few events does not tell that senders are few")
	require.Less(t, blocks, 30)
}
