package fold_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/insight/fold"
)

// TestRunsTakeNoRoomOfTheirOwn holds what a funnel needs for an actor of many first steps against what its rows take anyway, which is 88 bytes each.
func TestRunsTakeNoRoomOfTheirOwn(t *testing.T) { // not parallel: it counts what is allocated
	const starts, steps = 100_000, 20
	rows := make([]insight.Row, starts)
	for i := range rows {
		rows[i] = insight.Row{At: time.Date(2026, 5, 1, 12, 0, 0, i*1000, time.UTC), Matches: 1}
	}
	f := fold.NewFunnel(insight.FunnelQuery{
		Steps: make([]insight.Matcher, steps), Order: insight.Ordered, Window: insight.Window{Value: 14, Unit: insight.WindowDay},
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := fold.Wanted{Medians: true}.Of(f.Runs(rows))
	runtime.ReadMemStats(&after)
	require.Equal(t, 1, got.Reached)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)/starts, uint64(8), "bytes a first step")
}
