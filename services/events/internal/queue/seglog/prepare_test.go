package seglog

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue/queuetest"
)

// A process that is killed while a segment begins can start: no other file is made meanwhile, since only the last one may hold nothing.
func TestASegmentBeginsWithoutAnotherBehindIt(t *testing.T) {
	plain := options(t)
	plain.SegmentBytes = stateRoom + 1<<10
	o := plain
	var log atomic.Pointer[Log]
	begun := make(map[string]bool)
	var left []string
	o.FS = errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		l := log.Load()
		if l == nil || op.Kind != errorfs.OpFileWrite || !strings.HasSuffix(op.Path, segmentSuffix) || begun[op.Path] {
			return nil
		}
		begun[op.Path] = true
		if filepath.Base(op.Path) == segmentName(l.active.number) {
			return nil
		}
		l.wake(l.prepare) // as one that comes late
		free := l.spare.mu.TryLock()
		if free {
			l.spare.mu.Unlock()
		}
		assert.False(t, free, "a file may be made while a segment begins") // the log is locked: the test must not end here
		left = append(left, queuetest.Left(t, o.Dir))
		return nil
	}))
	l := open(t, o)
	log.Store(l)
	for range 6 { // each begins a segment
		write(t, l, 0, entry(strings.Repeat("x", 800)))
	}
	require.Len(t, left, 5)
	for n, dir := range left {
		killed := plain
		killed.Dir = dir
		again := open(t, killed)
		frames, _ := read(t, again, 0, 1<<20)
		require.Len(t, frames, n+1)
	}
}
