package backfill

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{size: 1000, target: 100 * time.Millisecond}
	for _, c := range []struct {
		took time.Duration
		rows int
		want int
	}{
		{100 * time.Millisecond, 1000, 1000},
		{90 * time.Millisecond, 1000, 1000},
		{50 * time.Millisecond, 1000, 2000},
		{time.Microsecond, 2000, 4000},
		{0, 4000, 8000},
		{time.Millisecond, 12, 8000}, // the last of a table
		{time.Minute, 8000, 4000},
		{125 * time.Millisecond, 4000, 3200},
		{time.Minute, 3200, 1600},
	} {
		p.took(c.rows, c.took)
		require.Equal(t, c.want, p.size, "%+v", c)
	}
	for range 20 {
		p.shrink()
	}
	require.Equal(t, 10, p.size)
	require.True(t, p.least())
	for range 20 {
		p.took(p.size, time.Microsecond)
	}
	require.Equal(t, 50_000, p.size)
}

// TestBatchesAreSteeredToTheLatency has a clock by which every row takes a quarter of a millisecond.
func TestBatchesAreSteeredToTheLatency(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(6000))
	var mu sync.Mutex
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var sizes []int
	k := open(t, Deps{PostgresURL: s.postgresURL, Targets: s.targets(files(counting("-- devtrail: batch 1000\n-- devtrail: latency 100ms\n"))), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return clock
	}}, Config{Observe: func(step Step) {
		mu.Lock()
		defer mu.Unlock()
		if step.Phase == Made {
			clock = clock.Add(time.Duration(step.Rows) * 250 * time.Microsecond)
			sizes = append(sizes, step.Rows)
		}
	}})
	run(t, k)
	b := awaitState(t, k, "0001_count", migrations.BackfillDone)
	require.Equal(t, []int{1000, 500}, sizes[:2])
	for _, size := range sizes[2 : len(sizes)-1] {
		require.Equal(t, 400, size)
	}
	require.Equal(t, 400, b.BatchSize)
}
