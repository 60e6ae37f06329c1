package pebblelog

import (
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// tight is a disk with little room.
type tight struct {
	vfs.FS
	free atomic.Uint64
}

// GetDiskUsage tells how much is left.
func (d *tight) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free.Load()}, nil
}

func TestAFullDiskRefusesBeforeItBreaks(t *testing.T) {
	disk := &tight{FS: vfs.Default}
	disk.free.Store(1 << 20)
	o := options(t)
	o.FS, o.Spare = disk, 1<<19
	l := open(t, o)
	write(t, l, 0, entry("a"))
	disk.free.Store(1 << 19)
	_, err := l.Append(t.Context(), 0, []queue.Entry{entry("b")})
	require.ErrorIs(t, err, queue.ErrFull)
	require.ErrorContains(t, err, "disk")
	disk.free.Store(1 << 20)
	write(t, l, 0, entry("c"))
	frames, _ := read(t, l, 0, 1<<20)
	require.Equal(t, []string{"a", "c"}, frames)
}

// A disk that does not take what is written, or does not say that it has it, must not be acknowledged, and the process must be told.
func TestAWriteThatFailsIsNeverAcknowledged(t *testing.T) {
	for name, kind := range map[string]errorfs.OpKind{"no space": errorfs.OpFileWrite, "fsync": errorfs.OpFileSyncData} {
		t.Run(name, func(t *testing.T) {
			var broken atomic.Bool
			var sentence atomic.Value
			o := options(t)
			o.FS = errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if broken.Load() && op.Kind == kind && strings.HasSuffix(op.Path, ".log") {
					return syscall.ENOSPC
				}
				return nil
			}))
			o.Fatal = func(s string) { sentence.Store(s) }
			l, err := Open(o)
			require.NoError(t, err)
			write(t, l, 0, entry("a"))
			broken.Store(true)
			p, err := l.Append(t.Context(), 0, []queue.Entry{entry("b")})
			require.NoError(t, err)
			require.ErrorIs(t, p.Wait(), queue.ErrClosed)
			require.Contains(t, sentence.Load(), "cannot be written")
			_, err = l.Append(t.Context(), 0, []queue.Entry{entry("c")})
			require.ErrorIs(t, err, queue.ErrClosed, "what failed once is not tried again")
			require.NoError(t, l.Close())
		})
	}
}
