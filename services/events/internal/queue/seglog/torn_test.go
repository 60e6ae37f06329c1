package seglog

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/queue"
)

// A machine that loses power leaves the end of the log cut off or filled with what was never written. What was acknowledged before stays.
func TestATornTailIsDropped(t *testing.T) {
	overwrite := func(bytes func(raw []byte) []byte, back int64) func(t *testing.T, path string, size int64) {
		return func(t *testing.T, path string, size int64) {
			t.Helper()
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteAt(bytes(raw), size-back)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
	}
	for name, tear := range map[string]func(t *testing.T, path string, size int64){
		"cut off": func(t *testing.T, path string, size int64) {
			t.Helper()
			require.NoError(t, os.Truncate(path, size-7))
		},
		"zeroed":           overwrite(func([]byte) []byte { return make([]byte, 64) }, 64),
		"garbage after it": overwrite(func([]byte) []byte { return []byte("\x99\x17 half of a record that nobody was told of") }, 0),
		"a piece of it":    overwrite(func(raw []byte) []byte { return raw[:200] }, 0),
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			l := open(t, o)
			for range 3 {
				write(t, l, 0, entry(string(make([]byte, 200)), uuid.New()))
			}
			torn := crash(t, o)
			tear(t, filepath.Join(torn.Dir, segmentName(l.active.number)), l.active.end)
			l = open(t, torn)
			frames, last := read(t, l, 0, 1<<20)
			require.GreaterOrEqual(t, len(frames), 2)
			require.LessOrEqual(t, len(frames), 3)
			require.Len(t, remembered(t, l, 0), len(frames), "a frame and its ids live and die together")
			require.Equal(t, last+1, write(t, l, 0, entry("after")))
			require.NoError(t, l.Close())
			l = open(t, torn) // the torn segment is not the last one any more
			require.Equal(t, last+1, l.Last())
			again, _ := read(t, l, 0, 1<<20)
			require.Equal(t, append(frames, "after"), again)
		})
	}
}

// What stands behind the last sound record of the last segment is given back, but for a record that began there.
func TestARecordThatIsNotWholeIsLeftToSee(t *testing.T) {
	for name, at := range map[string]int64{"the body": 30, "the checksum": 0} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			l := open(t, o)
			write(t, l, 0, entry("first"))
			end := l.active.end
			write(t, l, 0, entry("second"))
			left := crash(t, o)
			path := filepath.Join(left.Dir, segmentName(l.active.number))
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			raw[end+at] ^= 1
			require.NoError(t, os.WriteFile(path, raw, 0o600))
			var log bytes.Buffer
			left.Logger = slog.New(slog.NewTextHandler(&log, nil))
			require.EqualValues(t, 1, open(t, left).Last())
			kept, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, raw, kept)
			require.Contains(t, log.String(), "byte="+strconv.FormatInt(end, 10))
		})
	}
}

// Ids are read again when a segment is drained: one whose records do not fit together is kept.
func TestASegmentWhoseRecordsDoNotFitIsKept(t *testing.T) {
	l := open(t, options(t))
	for range 3 {
		write(t, l, 0, entry("frame", uuid.New(), uuid.New()))
	}
	s, room := l.active, []byte(nil)
	heads := func() (n int, err error) {
		for r, e := range s.heads(&room) {
			if err = e; err == nil {
				_, size := r.ids()
				require.Equal(t, 2*idBytes, size)
				n++
			}
		}
		return n, err
	}
	n, err := heads()
	require.NoError(t, err)
	require.Equal(t, 3, n)
	first, err := s.head(0, &room)
	require.NoError(t, err)
	state, _ := first.head()
	file, err := os.OpenFile(l.path(segmentName(s.number)), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	for name, at := range map[string]int64{
		"length": 4, "segment": 8, "number of entries": recordBytes + 4, "number of ids": groupBytes + 16 + 8,
	} {
		was := make([]byte, 4)
		_, err := file.ReadAt(was, state+at)
		require.NoError(t, err)
		_, err = file.WriteAt([]byte{0xff, 0xff, 0xff, 0x7f}, state+at)
		require.NoError(t, err)
		require.ErrorIs(t, l.retireOne(s, new(rooms)), queue.ErrCorrupt, name)
		require.FileExists(t, file.Name())
		require.Contains(t, l.segments, s)
		_, err = file.WriteAt(was, state+at)
		require.NoError(t, err)
	}
	_, err = heads()
	require.NoError(t, err)
}
