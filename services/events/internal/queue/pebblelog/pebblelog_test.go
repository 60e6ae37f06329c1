package pebblelog

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/queuetest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var organization = uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000001")

func options(t *testing.T) Options {
	t.Helper()
	return Options{
		Bytes: 1 << 20, Dir: filepath.Join(t.TempDir(), "log"), Logger: slog.New(slog.DiscardHandler),
		Fatal: func(sentence string) { t.Errorf("fatal: %s", sentence) },
	}
}

func open(t *testing.T, o Options) *Log {
	t.Helper()
	l, err := Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func entry(frame string, ids ...uuid.UUID) queue.Entry {
	return queue.Entry{Frame: []byte(frame), IDs: ids, Organization: organization, Received: time.UnixMicro(int64(len(frame))).UTC()}
}

// write appends and waits.
func write(t *testing.T, l *Log, hour uint32, entries ...queue.Entry) queue.Position {
	t.Helper()
	p, err := l.Append(t.Context(), hour, entries)
	require.NoError(t, err)
	require.NoError(t, p.Wait())
	return p.First()
}

func read(t *testing.T, l *Log, after queue.Position, bytes int) (frames []string, last queue.Position) {
	t.Helper()
	records, err := l.Read(t.Context(), after, l.Last(), bytes, nil)
	require.NoError(t, err)
	for _, r := range records {
		require.Greater(t, r.Position, last)
		frames, last = append(frames, string(r.Frame)), r.Position
	}
	return frames, last
}

func TestFramesAreReadInTheirOrderAndForgotten(t *testing.T) {
	o := options(t)
	l := open(t, o)
	require.EqualValues(t, 1, write(t, l, 0, entry("a"), entry("bb")))
	require.EqualValues(t, 3, write(t, l, 0, entry("ccc")))
	frames, _ := read(t, l, 0, 1<<20)
	require.Equal(t, []string{"a", "bb", "ccc"}, frames)
	frames, last := read(t, l, 0, 1)
	require.Equal(t, []string{"a"}, frames, "at least one")
	frames, _ = read(t, l, last, 2+receivedBytes)
	require.Equal(t, []string{"bb"}, frames)

	require.NoError(t, l.Commit(t.Context(), 2))
	require.NoError(t, l.Commit(t.Context(), 1), "an older position changes nothing")
	require.Equal(t, queue.Stats{Bytes: 3 + receivedBytes, Frames: 1, Oldest: time.UnixMicro(3).UTC()}, l.Stats())
	require.NoError(t, l.Close())

	l = open(t, o)
	require.EqualValues(t, 2, l.Committed())
	require.EqualValues(t, 3, l.Last())
	require.Equal(t, queue.Stats{Bytes: 3 + receivedBytes, Frames: 1, Oldest: time.UnixMicro(3).UTC()}, l.Stats())
	frames, _ = read(t, l, l.Committed(), 1<<20)
	require.Equal(t, []string{"ccc"}, frames)
	require.NoError(t, l.Commit(t.Context(), 3))
	require.NoError(t, l.Close())

	l = open(t, o)
	require.EqualValues(t, 3, l.Last(), "positions are never given twice")
	require.EqualValues(t, 4, write(t, l, 0, entry("d")))
}

func TestIDsAreRememberedWithTheirFrames(t *testing.T) {
	o := options(t)
	l := open(t, o)
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	write(t, l, 7, entry("x", a, b), entry("y"))
	write(t, l, 9, entry("z", c))
	require.NoError(t, l.Commit(t.Context(), 3))
	remembered := func(since uint32) (ids []uuid.UUID) {
		for m, err := range l.Remembered(t.Context(), since) {
			require.NoError(t, err)
			require.Equal(t, organization, m.Organization)
			ids = append(ids, m.IDs...)
		}
		return ids
	}
	require.NoError(t, l.Close())
	l = open(t, o)
	require.Equal(t, []uuid.UUID{a, b, c}, remembered(0))
	require.Equal(t, []uuid.UUID{c}, remembered(8))
	require.NoError(t, l.Forget(t.Context(), 8))
	require.Equal(t, []uuid.UUID{c}, remembered(0))
}

func TestABudgetThatIsUsedUpRefuses(t *testing.T) {
	o := options(t)
	o.Bytes = 100
	l := open(t, o)
	write(t, l, 0, entry(string(make([]byte, 80))))
	_, err := l.Append(t.Context(), 0, []queue.Entry{entry(string(make([]byte, 80)))})
	require.ErrorIs(t, err, queue.ErrFull)
	require.NoError(t, l.Commit(t.Context(), 1))
	write(t, l, 0, entry(string(make([]byte, 80))))
}

func TestAClosedLogAnswersSo(t *testing.T) {
	l := open(t, options(t))
	require.NoError(t, l.Close())
	_, err := l.Append(t.Context(), 0, []queue.Entry{entry("a")})
	require.ErrorIs(t, err, queue.ErrClosed)
	_, err = l.Read(t.Context(), 0, 1, 1, nil)
	require.ErrorIs(t, err, queue.ErrClosed)
	require.ErrorIs(t, l.Commit(t.Context(), 1), queue.ErrClosed)
	require.ErrorIs(t, l.Forget(t.Context(), 1), queue.ErrClosed)
}

// A machine that loses power leaves the end of the write-ahead log cut off or filled with what was never written. What was acknowledged before stays.
func TestATornTailIsDropped(t *testing.T) {
	for name, tear := range map[string]func(t *testing.T, path string, size int64){
		"cut off": func(t *testing.T, path string, size int64) {
			t.Helper()
			require.NoError(t, os.Truncate(path, size-7))
		},
		"zeroed": func(t *testing.T, path string, size int64) {
			t.Helper()
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteAt(make([]byte, 64), size-64)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		},
		"garbage after it": func(t *testing.T, path string, size int64) {
			t.Helper()
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteAt([]byte("\x99\x17 half of a record that nobody was told of"), size)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			l, err := Open(o)
			require.NoError(t, err)
			for range 3 {
				write(t, l, 0, entry(string(make([]byte, 200)), uuid.New()))
			}
			torn := o
			torn.Dir = queuetest.Left(t, o.Dir)
			require.NoError(t, l.Close())

			logs, err := filepath.Glob(filepath.Join(torn.Dir, "*.log"))
			require.NoError(t, err)
			path := slices.Max(logs)
			tear(t, path, written(t, path))
			l = open(t, torn)
			frames, last := read(t, l, 0, 1<<20)
			require.GreaterOrEqual(t, len(frames), 2)
			require.LessOrEqual(t, len(frames), 3)
			ids := 0
			for m, err := range l.Remembered(t.Context(), 0) {
				require.NoError(t, err)
				ids += len(m.IDs)
			}
			require.Len(t, frames, ids, "a frame and its ids live and die together")
			require.Equal(t, last+1, write(t, l, 0, entry("after")))
		})
	}
}

// written is where the records of a write-ahead log end: the file is longer, since its blocks are taken ahead.
func written(t *testing.T, path string) int64 {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	end := len(raw)
	for end > 0 && raw[end-1] == 0 {
		end--
	}
	// The frames end in zeros of their own.
	return int64(min(end+16, len(raw)))
}

func TestAFolderOfAnotherEngineIsLeftAlone(t *testing.T) {
	o := options(t)
	name := "00000000000000000001.log"
	require.NoError(t, os.MkdirAll(o.Dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(o.Dir, name), []byte("x"), 0o600))
	_, err := Open(o)
	require.ErrorIs(t, err, queue.ErrOther)
	left, err := os.ReadDir(o.Dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, name, left[0].Name())
}
