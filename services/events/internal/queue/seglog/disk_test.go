package seglog

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/queuetest"
)

// A segment that cannot be made costs nothing that was acknowledged: the log goes on when there is room again.
func TestASegmentThatCannotBeMadeRefuses(t *testing.T) {
	var broken atomic.Bool
	o := options(t)
	o.FS, o.SegmentBytes = queuetest.Breakable(&broken, syscall.ENOSPC, segmentSuffix, errorfs.OpCreate, errorfs.OpReuseForWrite), stateRoom+1<<10
	l := open(t, o)
	large := strings.Repeat("x", 800)
	write(t, l, 0, entry(large))
	broken.Store(true)
	written := queue.Position(1)
	var err error
	for ; err == nil; written++ { // one segment may have been made already
		require.LessOrEqual(t, written, queue.Position(2))
		var p queue.Pending
		if p, err = l.Append(t.Context(), 0, []queue.Entry{entry(large)}); err == nil {
			require.NoError(t, p.Wait())
		}
	}
	written--
	require.ErrorIs(t, err, queue.ErrFull)
	require.NoError(t, l.SetCuts(t.Context(), []queue.Cut{{Number: 1, UpTo: 1}}), "bounds are kept although the disk is full")
	require.NoError(t, l.Commit(t.Context(), 1))
	broken.Store(false)
	require.Equal(t, written+1, write(t, l, 0, entry(large)))
}
