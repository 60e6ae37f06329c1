package seglog

import (
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/queuetest"
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

// A segment whose file cannot be taken away is taken away with the next one: one that stayed would be a gap in what a later life reads.
func TestASegmentThatCannotBeTakenAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	var broken, told atomic.Bool
	o := options(t)
	o.FS = queuetest.Breakable(&broken, syscall.EIO, segmentSuffix, errorfs.OpRename, errorfs.OpRemove)
	o.Logger, o.SegmentBytes = slog.New(&watching{Handler: slog.DiscardHandler, told: &told}), stateRoom+1<<10
	l := open(t, o)
	for range 4 { // a segment each
		write(t, l, 0, entry(strings.Repeat("x", 800), uuid.New()))
	}
	broken.Store(true)
	require.NoError(t, l.Commit(t.Context(), 1))
	require.Eventually(t, told.Load, 30*time.Second, time.Millisecond)
	broken.Store(false)
	require.NoError(t, l.Commit(t.Context(), 2))
	require.Eventually(t, func() bool {
		_, err := o.FS.Stat(l.path(segmentName(2)))
		return errors.Is(err, fs.ErrNotExist)
	}, 30*time.Second, time.Millisecond)
	require.NoFileExists(t, l.path(segmentName(1)))
	again := open(t, crash(t, o))
	frames, _ := read(t, again, 0, 1<<20)
	require.Len(t, frames, 2)
	require.Len(t, remembered(t, again, 0), 4)
}
