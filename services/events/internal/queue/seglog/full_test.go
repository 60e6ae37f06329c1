package seglog

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// smallDisk has so many bytes for the files of a folder, as far as they are not taken by others.
type smallDisk struct {
	vfs.FS
	dir   string
	bytes atomic.Int64
}

// free is what nobody takes.
func (d *smallDisk) free() int64 {
	left := d.bytes.Load()
	names, _ := filepath.Glob(filepath.Join(d.dir, "*"))
	for _, name := range names {
		left -= blocksOf(os.Stat(name))
	}
	return left
}

func blocksOf(info os.FileInfo, err error) int64 {
	if err != nil { // it went meanwhile
		return 0
	}
	return 512 * info.Sys().(*syscall.Stat_t).Blocks
}

// fill has others take what is free, but for so many bytes.
func (d *smallDisk) fill(left int64) { d.bytes.Add(left - d.free()) }

// Create makes a file that takes room as it grows.
func (d *smallDisk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.FS.Create(name, category)
	if err != nil {
		return nil, err
	}
	return &smallFile{File: file, disk: d, name: name}, nil
}

// ReuseForWrite makes a file that has room.
func (d *smallDisk) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := d.FS.ReuseForWrite(from, to, category)
	if err != nil {
		return nil, err
	}
	return &smallFile{File: file, disk: d, name: to}, nil
}

type smallFile struct {
	vfs.File
	disk *smallDisk
	name string
	at   int64
}

// grow tells whether there is room up to an offset.
func (f *smallFile) grow(end int64) error {
	if more := end - blocksOf(os.Stat(f.name)); more > 0 && more > f.disk.free() {
		return syscall.ENOSPC
	}
	return nil
}

// Preallocate takes all or nothing.
func (f *smallFile) Preallocate(offset, length int64) error {
	if err := f.grow(offset + length); err != nil {
		return err
	}
	return f.File.Preallocate(offset, length)
}

// Write writes a part of what has no room as a whole.
func (f *smallFile) Write(p []byte) (int, error) {
	if err := f.grow(f.at + int64(len(p))); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		f.at += int64(n)
		return n, err
	}
	n, err := f.File.Write(p)
	f.at += int64(n)
	return n, err
}

// onSmallDisk is options for a log on a disk that has room.
func onSmallDisk(t *testing.T, segment int64) (Options, *smallDisk) {
	t.Helper()
	o := options(t)
	disk := &smallDisk{FS: vfs.Default, dir: o.Dir}
	disk.bytes.Store(1 << 30)
	o.FS, o.SegmentBytes, o.Bytes = disk, segment, 1<<30
	return o, disk
}

// cutsOf is bounds that take some KB.
func cutsOf(number uint64, upTo queue.Position) []queue.Cut {
	cuts := make([]queue.Cut, 100)
	for i := range cuts {
		cuts[i] = queue.Cut{From: uint32(i), Number: number, To: uint32(i + 1), UpTo: upTo}
	}
	return cuts
}

// A block of which many events are refused changes its bounds thousands of times, while nothing of it can be committed. The states take the room of a segment and
// not more, whether the disk has more or not.
func TestBoundsThatChangeAgainAndAgainTakeLittleRoom(t *testing.T) {
	for _, full := range []bool{false, true} {
		o, disk := onSmallDisk(t, 1<<20)
		l, err := Open(o)
		require.NoError(t, err)
		last := write(t, l, 0, entry("frame"))
		require.NoError(t, l.Close())
		if full {
			disk.fill(3 * stateRoom)
		}
		l = open(t, o)
		for n := range uint64(1000) { // 3 MB
			require.Eventually(t, func() bool { // the disk may be full for a moment, until a segment is taken away
				err := l.SetCuts(t.Context(), cutsOf(n, last))
				if err != nil {
					require.ErrorIs(t, err, queue.ErrFull)
				}
				return err == nil
			}, 10*time.Second, time.Millisecond)
		}
		require.Eventually(t, func() bool { return len(files(t, o.Dir, segmentSuffix)) <= 3 }, 10*time.Second, time.Millisecond, "what held states alone is used again")
		require.Less(t, taken(t, o.Dir), 6*o.SegmentBytes)
		left := crash(t, o)
		left.FS = nil
		again := open(t, left)
		cuts, err := again.Cuts(t.Context())
		require.NoError(t, err)
		require.Equal(t, cutsOf(999, last), cuts)
		frames, _ := read(t, again, 0, 1<<20)
		require.Equal(t, []string{"frame"}, frames)

		require.NoError(t, l.Commit(t.Context(), last))
		disk.bytes.Store(1 << 30)
		require.Equal(t, last+1, write(t, l, 0, entry(strings.Repeat("x", 1<<10))))
	}
}
