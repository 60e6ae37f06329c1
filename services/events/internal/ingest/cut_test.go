package ingest

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
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

// A block is halved while the next is cut, and the clock has gone back: two blocks of one number would be one to the store.
func TestNumbersOfBlocksAreGivenOnce(t *testing.T) {
	t.Parallel()
	d := newDrain(Log{})
	var asking atomic.Int32
	d.now = func() time.Time {
		assert.EqualValues(t, 1, asking.Add(1), "two look at the last number at once")
		runtime.Gosched()
		asking.Add(-1)
		return time.UnixMicro(1)
	}
	d.number = 1 << 60
	const each = 10_000
	given := make([][]uint64, 2)
	var working sync.WaitGroup
	for i := range given {
		working.Go(func() {
			for range each {
				given[i] = append(given[i], d.next())
			}
		})
	}
	working.Wait()
	all := slices.Concat(given...)
	slices.Sort(all)
	require.Len(t, slices.Compact(all), len(given)*each)
}

// A block of which all is stored waits for the one before it. Its frames must not be cut again by a later life.
func TestABlockThatIsStoredKeepsItsPlaceUntilItIsCommitted(t *testing.T) {
	t.Parallel()
	cuts := []queue.Cut{{Number: 1, To: 2, UpTo: 9}, {From: 2, Number: 2, To: 3, UpTo: 9}, {From: 3, Number: 3, To: queue.AllEvents, UpTo: 9}}
	st := new(stage)
	for _, c := range cuts {
		st.pieces = append(st.pieces, &piece{cut: c})
	}
	require.Equal(t, cuts, st.appendCuts(nil))
	st.pieces[0].done = true
	require.Equal(t, cuts[1:], st.appendCuts(nil))
	st.pieces[1].done, st.pieces[2].done = true, true
	require.Equal(t, cuts[2:], st.appendCuts(nil))
}
