package pebblelog

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/queuetest"
)

func TestConformance(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Medium {
		t.Helper()
		var broken atomic.Bool
		o := options(t)
		o.Fatal = func(sentence string) {
			if !broken.Load() {
				t.Errorf("fatal: %s", sentence)
			}
		}
		o.FS = errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if broken.Load() && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileSyncData) {
				return syscall.EIO
			}
			return nil
		}))
		return queuetest.Medium{
			Open: func(t *testing.T, bytes int64) queue.Queue {
				t.Helper()
				o.Bytes = bytes
				l, err := Open(o)
				require.NoError(t, err)
				return l
			},
			// The folder as kill -9 leaves it: a copy of what is on the disk while the log is open.
			Kill: func(t *testing.T, q queue.Queue) {
				t.Helper()
				left := filepath.Join(t.TempDir(), "left")
				require.NoError(t, os.CopyFS(left, os.DirFS(o.Dir)))
				require.NoError(t, q.Close())
				o.Dir = left
			},
			Break: func(t *testing.T) { t.Helper(); broken.Store(true) },
		}
	})
}
