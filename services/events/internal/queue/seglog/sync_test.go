package seglog

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

// TestSendersShareSyncs has many send one after the other on a disk that syncs at once, and then one alone.
func TestSendersShareSyncs(t *testing.T) {
	t.Parallel()
	const senders, each = 32, 20
	var syncs atomic.Int64
	o := options(t)
	o.Dir, o.FS = "/log", errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData {
			syncs.Add(1)
		}
		return nil
	}))
	l := open(t, o)
	syncs.Store(0)
	var working sync.WaitGroup
	for range senders {
		working.Go(func() {
			for range each {
				write(t, l, 0, entry("x"))
			}
		})
	}
	working.Wait()
	require.Less(t, syncs.Load(), int64(senders*each/4))

	syncs.Store(0)
	for range each {
		write(t, l, 0, entry("x"))
	}
	require.EqualValues(t, each, syncs.Load())
}
