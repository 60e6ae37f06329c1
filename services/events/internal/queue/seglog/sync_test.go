package seglog

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
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

// TestAFailureIsEverybodys has two sync one file when its pages cannot be written, of whom Linux tells only one.
func TestAFailureIsEverybodys(t *testing.T) {
	t.Parallel()
	var failing atomic.Bool
	var calls atomic.Int64
	entered, second := make(chan struct{}), make(chan struct{})
	o := options(t)
	o.Fatal = func(string) {}
	o.FS = errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind != errorfs.OpFileSyncData || !failing.Load() {
			return nil
		}
		switch calls.Add(1) {
		case 1:
			close(entered)
			select {
			case <-second:
			case <-time.After(100 * time.Millisecond): // nobody comes in between
			}
			return syscall.EIO
		case 2:
			close(second)
		}
		return nil
	}))
	l, err := Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	write(t, l, 0, entry("first"))
	failing.Store(true)
	synced := make(chan error, 1)
	go func() { synced <- l.syncCommit() }()
	<-entered
	p, err := l.Append(t.Context(), 0, []queue.Entry{entry("second")})
	require.NoError(t, err)
	require.Error(t, p.Wait(), "it must not be acknowledged")
	require.ErrorIs(t, <-synced, syscall.EIO)
}
