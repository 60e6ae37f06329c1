package seglog

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

// TestSendersShareSyncs has many send one after the other on a disk that syncs at once, but for the first time, when it waits until all of them have begun; and then
// one alone. The clock is fake: it goes on when all of them wait, so that how fast the machine is does not matter.
func TestSendersShareSyncs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const senders, each = 32, 20
		var syncs atomic.Int64
		var held atomic.Bool
		begun := make(chan struct{})
		o := options(t)
		o.Dir, o.FS = "/log", errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == errorfs.OpFileSyncData {
				syncs.Add(1)
				if held.Load() {
					<-begun
				}
			}
			return nil
		}))
		l := open(t, o)
		syncs.Store(0)
		held.Store(true)
		var working sync.WaitGroup
		for range senders {
			working.Go(func() {
				for range each {
					write(t, l, 0, entry("x"))
				}
			})
		}
		synctest.Wait()
		held.Store(false)
		close(begun)
		working.Wait()
		require.LessOrEqual(t, syncs.Load(), int64(2*each))

		syncs.Store(0)
		for range each {
			write(t, l, 0, entry("x"))
		}
		require.EqualValues(t, each, syncs.Load())
	})
}
