package seglog

import (
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
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

// taken is the bytes of the disk that the files of a folder take.
func taken(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	for _, name := range files(t, dir, "") {
		bytes += blocksOf(os.Stat(name))
	}
	return bytes
}

// A service that is started again and again while its database is away keeps what it accepted, and takes little more of the disk than that.
func TestLivesThatStoreNothingTakeLittleOfTheDisk(t *testing.T) {
	o := options(t)
	o.SegmentBytes = 4 << 20
	const lives = 20
	for range lives {
		l, err := Open(o)
		require.NoError(t, err)
		write(t, l, 0, entry("frame"))
		require.NoError(t, l.Close())
	}
	require.Less(t, taken(t, o.Dir), 4*o.SegmentBytes)
	frames, _ := read(t, open(t, o), 0, 1<<20)
	require.Len(t, frames, lives)
}

// fullDisk has no room for a segment, but for states.
type fullDisk struct {
	vfs.FS
	full atomic.Bool
}

func (d *fullDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.FS.Create(name, category)
	return &fullFile{File: file, disk: d}, err
}

func (d *fullDisk) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.FS.ReuseForWrite(from, to, category)
	return &fullFile{File: file, disk: d}, err
}

type fullFile struct {
	vfs.File
	disk *fullDisk
}

func (f *fullFile) Preallocate(offset, length int64) error {
	if f.disk.full.Load() && length > stateRoom {
		return syscall.ENOSPC
	}
	return f.File.Preallocate(offset, length)
}

// A service starts on a full disk, hands what waits to the database, and takes events in when that has made room.
func TestALogBeginsOnAFullDisk(t *testing.T) {
	o := options(t)
	l, err := Open(o)
	require.NoError(t, err)
	write(t, l, 0, entry("frame"))
	require.NoError(t, l.Close())
	disk := &fullDisk{FS: vfs.Default}
	disk.full.Store(true)
	o.FS = disk
	l = open(t, o)
	frames, last := read(t, l, 0, 1<<20)
	require.Equal(t, []string{"frame"}, frames)
	require.NoError(t, l.SetCuts(t.Context(), []queue.Cut{{Number: 1, UpTo: last}}))
	_, err = l.Append(t.Context(), 0, []queue.Entry{entry("more")})
	require.ErrorIs(t, err, queue.ErrFull)
	require.NoError(t, l.Commit(t.Context(), last))
	disk.full.Store(false)
	require.Equal(t, last+1, write(t, l, 0, entry("more")))
}
