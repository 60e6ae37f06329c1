package seglog

import (
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// A segment goes when its frames are committed. A loss of power then must not bring a part of them back: they are a block, which is read again as a whole or
// not at all.
func TestACommitOutlivesTheSegmentsThatItDrained(t *testing.T) {
	t.Parallel()
	disk := vfs.NewCrashableMem()
	o := options(t)
	o.FS, o.Dir, o.SegmentBytes = disk, "/log", stateRoom+1<<10
	l := open(t, o)
	large := strings.Repeat("x", 800)
	last := queue.Position(0)
	for range 3 { // a segment each
		last = write(t, l, 0, entry(large))
	}
	require.NoError(t, l.SetCuts(t.Context(), []queue.Cut{{Number: 1, To: queue.AllEvents, UpTo: last}}))
	require.NoError(t, l.Commit(t.Context(), last))
	require.Eventually(t, func() bool {
		_, err := disk.Stat(l.path(segmentName(l.active.number - 1)))
		return err != nil
	}, 30*time.Second, time.Millisecond, "all segments but the last are drained")
	require.NoError(t, l.syncDir()) // as the next segment does

	o.FS = disk.CrashClone(vfs.CrashCloneCfg{})
	again := open(t, o)
	require.Equal(t, last, again.Committed())
}
