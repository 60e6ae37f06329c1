package seglog

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
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
				err = l.SetCuts(t.Context(), cutsOf(n, last))
				return !errors.Is(err, queue.ErrFull)
			}, 30*time.Second, time.Millisecond)
			require.NoError(t, err)
		}
		require.Eventually(t, func() bool { // but for the spare, which may not be made yet
			return l.drained() == nil && len(files(t, o.Dir, segmentSuffix)) <= 3
		}, 30*time.Second, time.Millisecond, "what held states alone is used again")
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

// fillSegments appends frames with ids, of which a few segments become full, in several hours.
func fillSegments(t *testing.T, l *Log, segments uint64) (ids []uuid.UUID, last queue.Position) {
	t.Helper()
	for n := 0; l.active.number <= segments; n++ {
		some := make([]uuid.UUID, 2000)
		for i := range some {
			some[i] = uuid.New()
		}
		last = write(t, l, uint32(n/2), entry(strings.Repeat("x", 200<<10), some...)) // three a segment
		ids = append(ids, some...)
	}
	return ids, last
}

// knows tells that a log remembers ids.
func knows(t *testing.T, l *Log, ids []uuid.UUID) {
	t.Helper()
	known := make(map[uuid.UUID]bool)
	for _, id := range remembered(t, l, 0) {
		known[id] = true
	}
	for _, id := range ids {
		require.True(t, known[id])
	}
}

// The ids of a drained segment take room before it gives its own. On a disk that has none they take that of the reserve.
func TestDrainingMakesRoomOnAFullDisk(t *testing.T) {
	o, disk := onSmallDisk(t, 1<<20)
	l := open(t, o)
	ids, last := fillSegments(t, l, 4)
	for range 2 { // as often as others fill it
		disk.fill(0)
		require.NoError(t, l.SetCuts(t.Context(), []queue.Cut{{Number: 1, To: queue.AllEvents, UpTo: last}}))
		require.NoError(t, l.Commit(t.Context(), last))
		require.Eventually(t, func() bool { // the active one and the next are left; a few are kept to be used again
			return len(files(t, o.Dir, segmentSuffix)) <= 2 && disk.free() > o.SegmentBytes/4
		}, 30*time.Second, time.Millisecond)
		require.Eventually(t, func() bool { _, err := os.Stat(l.path(reserve)); return err == nil }, 30*time.Second, time.Millisecond, "there is a reserve for the next time")
		knows(t, l, ids)
		left := crash(t, o)
		left.FS = nil
		knows(t, open(t, left), ids)
		disk.bytes.Store(1 << 30)
		var more []uuid.UUID
		more, last = fillSegments(t, l, l.active.number+3)
		ids = append(ids, more...)
	}
}

// What cannot be written as a whole takes no room.
func TestIDsThatCannotBeWrittenLeaveNothing(t *testing.T) {
	o, disk := onSmallDisk(t, 1<<20)
	l := open(t, o)
	ids, last := fillSegments(t, l, 2)
	require.NoError(t, os.Remove(l.path(reserve)))
	disk.fill(0)
	var told atomic.Bool
	l.options.Logger = slog.New(&watching{Handler: slog.DiscardHandler, told: &told})
	require.NoError(t, l.Commit(t.Context(), last))
	require.Eventually(t, told.Load, 30*time.Second, time.Millisecond)
	require.Empty(t, files(t, o.Dir, idsSuffix))
	disk.bytes.Store(1 << 30)
	_, last = fillSegments(t, l, l.active.number)
	require.NoError(t, l.Commit(t.Context(), last))
	require.Eventually(t, func() bool { return len(files(t, o.Dir, idsSuffix)) > 0 }, 30*time.Second, time.Millisecond)
	knows(t, l, ids)

	require.NoError(t, l.Close())
	left := crash(t, o)
	left.FS = nil
	half := filepath.Join(left.Dir, idsName(0, l.active.number))
	require.NoError(t, os.WriteFile(half, []byte("half"), 0o600))
	again := open(t, left)
	require.NoFileExists(t, half, "its segment has them")
	knows(t, again, ids)
}

// watching notes that something was logged.
type watching struct {
	slog.Handler
	told *atomic.Bool
}

// Enabled has everything logged.
func (*watching) Enabled(context.Context, slog.Level) bool { return true }

// Handle notes it.
func (w *watching) Handle(context.Context, slog.Record) error {
	w.told.Store(true)
	return nil
}
