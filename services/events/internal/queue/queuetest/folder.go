package queuetest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// Folder is what a log in a folder of this machine is opened with.
type Folder struct {
	Dir          string
	FS           vfs.FS
	Bytes, Spare int64
	Fatal        func(sentence string)
}

// RunFolder runs the suite for a log in a folder, and what its disk may do besides. Files of frames have names that end in written.
func RunFolder(t *testing.T, written string, open func(Folder) (queue.Queue, error)) {
	t.Helper()
	Run(t, func(t *testing.T) Medium { return folder(t, open) })
	t.Run("a full disk refuses before it breaks", func(t *testing.T) { full(t, open) })
	for name, kind := range map[string]errorfs.OpKind{"no space": errorfs.OpFileWrite, "fsync": errorfs.OpFileSyncData} {
		t.Run("a write that fails is never acknowledged/"+name, func(t *testing.T) {
			var broken atomic.Bool
			failing(t, open, &broken, Breakable(&broken, syscall.ENOSPC, written, kind))
		})
	}
}

// Breakable is a disk on which operations on files with names that end so fail as long as they are to.
func Breakable(broken *atomic.Bool, how syscall.Errno, suffix string, kinds ...errorfs.OpKind) vfs.FS {
	return errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		for _, kind := range kinds {
			if broken.Load() && op.Kind == kind && strings.HasSuffix(op.Path, suffix) {
				return how
			}
		}
		return nil
	}))
}

// Left returns a folder as kill -9 leaves it: a copy of what is on the disk while the log is open.
func Left(t *testing.T, dir string) string {
	t.Helper()
	require.DirExists(t, dir)
	left := filepath.Join(t.TempDir(), "left")
	err := os.CopyFS(left, os.DirFS(dir))
	for errors.Is(err, fs.ErrNotExist) { // a file went or got another name meanwhile: what was copied may never have been there together
		require.NoError(t, os.RemoveAll(left))
		err = os.CopyFS(left, os.DirFS(dir))
	}
	require.NoError(t, err)
	return left
}

func folder(t *testing.T, open func(Folder) (queue.Queue, error)) Medium {
	t.Helper()
	var broken atomic.Bool
	f := Folder{Dir: filepath.Join(t.TempDir(), "log"), FS: Breakable(&broken, syscall.EIO, "", errorfs.OpFileWrite, errorfs.OpFileSyncData)}
	f.Fatal = func(sentence string) {
		if !broken.Load() {
			t.Errorf("fatal: %s", sentence)
		}
	}
	return Medium{
		Open: func(t *testing.T, bytes int64) queue.Queue {
			t.Helper()
			f.Bytes = bytes
			q, err := open(f)
			require.NoError(t, err)
			return q
		},
		Kill: func(t *testing.T, q queue.Queue) {
			t.Helper()
			left := Left(t, f.Dir)
			require.NoError(t, q.Close())
			f.Dir = left
		},
		Break: func(t *testing.T) { t.Helper(); broken.Store(true) },
	}
}

// tight is a disk with little room.
type tight struct {
	vfs.FS

	free atomic.Uint64
}

// GetDiskUsage tells how much is left.
func (d *tight) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free.Load()}, nil
}

func full(t *testing.T, open func(Folder) (queue.Queue, error)) {
	disk := &tight{FS: vfs.Default}
	disk.free.Store(1 << 20)
	q, err := open(Folder{Dir: filepath.Join(t.TempDir(), "log"), FS: disk, Bytes: 1 << 20, Spare: 1 << 19, Fatal: func(sentence string) { t.Errorf("fatal: %s", sentence) }})
	require.NoError(t, err)
	write(t, q, 0, entry(0, "a"))
	disk.free.Store(1 << 19)
	_, err = q.Append(t.Context(), 0, []queue.Entry{entry(1, "b")})
	require.ErrorIs(t, err, queue.ErrFull)
	require.ErrorContains(t, err, "disk")
	disk.free.Store(1 << 20)
	write(t, q, 0, entry(2, "c"))
	require.Equal(t, []string{"a", "c"}, all(t, q, 0))
	require.NoError(t, q.Close())
}

// failing has a disk not take what is written, or not say that it has it: that must not be acknowledged, and the process must be told.
func failing(t *testing.T, open func(Folder) (queue.Queue, error), broken *atomic.Bool, disk vfs.FS) {
	var sentence atomic.Value
	q, err := open(Folder{Dir: filepath.Join(t.TempDir(), "log"), FS: disk, Bytes: 1 << 20, Fatal: func(s string) { sentence.Store(s) }})
	require.NoError(t, err)
	write(t, q, 0, entry(0, "a"))
	broken.Store(true)
	p, err := q.Append(t.Context(), 0, []queue.Entry{entry(1, "b")})
	if err == nil {
		err = p.Wait()
	}
	require.ErrorIs(t, err, queue.ErrClosed)
	require.Contains(t, sentence.Load(), "cannot be written")
	broken.Store(false)
	_, err = q.Append(t.Context(), 0, []queue.Entry{entry(2, "c")})
	require.ErrorIs(t, err, queue.ErrClosed, "what failed once is not tried again")
	require.ErrorIs(t, q.SetCuts(t.Context(), nil), queue.ErrClosed)
	require.NoError(t, q.Close())
}
