package ingest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

func TestWhatIsKeptOfClocksFarAhead(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	acme, other := uuid.New(), uuid.New()
	day := func(n int) int64 { return now.AddDate(0, 0, n).Truncate(farStep).UnixMicro() }
	with := func(f far, organization uuid.UUID, ahead time.Duration) (far, bool) {
		return f.with(organization, now.Add(ahead), now, 24*time.Hour)
	}
	one, changed := with(nil, acme, 40*time.Hour)
	require.True(t, changed)
	require.Equal(t, far{acme: day(3)}, one)
	_, changed = with(one, acme, 41*time.Hour)
	require.False(t, changed, "it is written once a day")
	two, changed := with(one, other, 100*365*24*time.Hour)
	require.True(t, changed)
	require.Equal(t, far{acme: day(3), other: day(31)}, two)
	require.Len(t, one, 1, "another may be reading it")

	marked, is := queue.Mark(now).Marked()
	require.True(t, is)
	require.Equal(t, now, marked)
	require.False(t, queue.Mark(now).IsFar())
	found := make(far)
	for _, c := range two.appendCuts(nil) {
		_, is := c.Marked()
		require.False(t, is)
		organization, until, is := c.Far()
		require.True(t, is)
		found[organization] = until.UnixMicro()
	}
	require.Equal(t, two, found)

	now = now.AddDate(0, 0, 6)
	three, _ := with(two, acme, 40*time.Hour)
	require.Equal(t, far{acme: day(3), other: two[other]}, three)
	now = now.AddDate(0, 0, 6)
	four, _ := with(three, other, 29*24*time.Hour)
	require.Equal(t, far{other: day(30)}, four, "what has passed long ago is not kept")
	for range mostFar {
		four, _ = with(four, uuid.New(), 40*time.Hour)
	}
	require.Equal(t, far{everybody: day(30)}, four)
	_, changed = with(four, acme, 40*time.Hour)
	require.False(t, changed)

	x := newIndex(24*time.Hour, 0)
	x.of(acme)
	x.foresee(four)
	at := window{earliest: day(29), latest: day(29)}
	require.Zero(t, x.since(acme, at))
	require.Zero(t, x.since(uuid.New(), at))
}
