package seglog

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
		Bytes: 1 << 20, Dir: filepath.Join(t.TempDir(), "log"), Logger: slog.New(slog.DiscardHandler), SegmentBytes: 1 << 20,
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

func remembered(t *testing.T, l *Log, since uint32) (ids []uuid.UUID) {
	t.Helper()
	for m, err := range l.Remembered(t.Context(), since) {
		require.NoError(t, err)
		require.Equal(t, organization, m.Organization)
		ids = append(ids, m.IDs...)
	}
	return ids
}

// files are the names in a log's folder that end so.
func files(t *testing.T, dir, suffix string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	require.NoError(t, err)
	return list
}

// crash is the folder as kill -9 leaves it.
func crash(t *testing.T, o Options) Options {
	t.Helper()
	o.Dir = queuetest.Left(t, o.Dir)
	return o
}

// Frames, ids and bounds go through many segments, whose files are used again, and through many lives.
func TestSegmentsAreUsedAgain(t *testing.T) {
	o := options(t)
	o.SegmentBytes = stateRoom + 4<<10
	var want []string
	var ids []uuid.UUID
	position := queue.Position(0)
	for life := range 5 {
		l, err := Open(o)
		require.NoError(t, err)
		require.Equal(t, position, l.Last())
		got, _ := read(t, l, l.Committed(), 1<<20)
		require.Equal(t, want, got)
		require.Subset(t, remembered(t, l, 0), ids)
		for n := range 40 {
			id, text := uuid.New(), strings.Repeat(fmt.Sprintf("%d/%d ", life, n), 40)
			position = write(t, l, uint32(life), entry(text, id))
			ids, want = append(ids, id), append(want, text)
			if n%10 == 9 {
				require.NoError(t, l.SetCuts(t.Context(), []queue.Cut{{After: l.Committed(), Number: uint64(position), UpTo: position}}))
				require.NoError(t, l.Commit(t.Context(), position-2))
				want = want[len(want)-2:]
				got, _ := read(t, l, l.Committed(), 1<<20)
				require.Equal(t, want, got)
			}
		}
		require.Eventually(t, func() bool { // one may be drained and not taken away yet, and one not begun
			return len(files(t, o.Dir, segmentSuffix)) <= 3 && len(files(t, o.Dir, freeSuffix)) > 0
		}, 30*time.Second, time.Millisecond)
		require.NoError(t, l.Close())
	}
	l := open(t, o)
	require.Equal(t, position-2, l.Committed())
	cuts, err := l.Cuts(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(position), cuts[0].Number)
	again := remembered(t, l, 0)
	slices.SortFunc(again, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	require.Len(t, slices.Compact(again), len(ids), "no id is lost with its segment")
	require.NoError(t, l.Forget(t.Context(), 4))
	require.Subset(t, ids[4*40:], remembered(t, l, 0))
	for _, name := range files(t, o.Dir, idsSuffix) {
		require.True(t, strings.HasPrefix(filepath.Base(name), "0000000004-"), name)
	}
}

// What is appended after a clock went back is remembered, although its hour was forgotten while the clock was ahead.
func TestAnHourThatIsForgottenAndComesAgain(t *testing.T) {
	o := options(t)
	o.SegmentBytes = stateRoom + 2<<10
	l, err := Open(o)
	require.NoError(t, err)
	require.NoError(t, l.Forget(t.Context(), 90))
	var ids []uuid.UUID
	for range 8 {
		ids = append(ids, uuid.New())
		write(t, l, 50, entry(strings.Repeat("x", 1000), ids[len(ids)-1]))
	}
	require.NoError(t, l.Commit(t.Context(), l.Last()))
	require.Eventually(t, func() bool { // the active one, and the one that will be the next
		return len(files(t, o.Dir, segmentSuffix)) == 2 && slices.Min(files(t, o.Dir, segmentSuffix)) == filepath.Join(o.Dir, segmentName(l.active.number))
	}, 30*time.Second, time.Millisecond)
	require.NoError(t, l.Close())
	require.Subset(t, remembered(t, open(t, o), 0), ids)
}

// A segment goes when it is durable that its frames are committed, so that what is missing before the first is told.
func TestASegmentThatWentIsCommitted(t *testing.T) {
	o := options(t)
	o.SegmentBytes = stateRoom + 2<<10
	l := open(t, o)
	for range 8 {
		write(t, l, 1, entry(strings.Repeat("x", 1000), uuid.New()))
	}
	require.NoError(t, l.Commit(t.Context(), 7))
	require.Eventually(t, func() bool { // the active one, and the one that will be the next
		return len(files(t, o.Dir, segmentSuffix)) == 2 && slices.Min(files(t, o.Dir, segmentSuffix)) == filepath.Join(o.Dir, segmentName(l.active.number))
	}, 30*time.Second, time.Millisecond)
	left := crash(t, o)
	again := open(t, left)
	require.EqualValues(t, 8, again.Last())
	require.EqualValues(t, 7, again.Committed())
	require.Len(t, remembered(t, again, 0), 8)

	left = crash(t, o)
	newest := filepath.Join(left.Dir, segmentName(l.active.number))
	raw, err := os.ReadFile(newest)
	require.NoError(t, err)
	state := slices.Clone(raw) // the state at its beginning and the frame are there, and not that the others are committed
	first, _ := record(state).head()
	second, _ := record(state[first:]).head()
	clear(state[first+second:])
	require.NoError(t, os.WriteFile(newest, state, 0o600))
	_, err = Open(left)
	require.ErrorIs(t, err, queue.ErrCorrupt)
	require.ErrorContains(t, err, "frames 1 to 7 cannot be read: the segment before "+filepath.Base(newest)+" is missing")
}

// Frames that wait are not passed over because somebody took the oldest segment away.
func TestAMissingSegmentIsTold(t *testing.T) {
	o := options(t)
	o.SegmentBytes = stateRoom + 2<<10
	l := open(t, o)
	for range 4 {
		write(t, l, 0, entry(strings.Repeat("x", 1000)))
	}
	for n, told := range []string{0: "frames 1 to 1 cannot be read: the segment before ", 1: "frames 2 to 2 cannot be read: the segment before "} {
		left := crash(t, o)
		segments := files(t, left.Dir, segmentSuffix)
		require.NoError(t, os.Remove(segments[n]))
		_, err := Open(left)
		require.ErrorIs(t, err, queue.ErrCorrupt)
		require.ErrorContains(t, err, told+filepath.Base(segments[n+1])+" is ")
	}
}

func TestABudgetThatIsUsedUpRefuses(t *testing.T) {
	o := options(t)
	o.Bytes = 300
	l := open(t, o)
	write(t, l, 0, entry(string(make([]byte, 150))))
	_, err := l.Append(t.Context(), 0, []queue.Entry{entry(string(make([]byte, 150)))})
	require.ErrorIs(t, err, queue.ErrFull)
	require.NoError(t, l.Commit(t.Context(), 1))
	write(t, l, 0, entry(string(make([]byte, 150))))
}

func TestAFolderIsOpenedOnce(t *testing.T) {
	o := options(t)
	open(t, o)
	_, err := Open(o)
	require.Error(t, err)
}

func TestAFolderOfAnotherEngineIsLeftAlone(t *testing.T) {
	o := options(t)
	require.NoError(t, os.MkdirAll(o.Dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(o.Dir, "MANIFEST-000001"), []byte("x"), 0o600))
	_, err := Open(o)
	require.ErrorIs(t, err, queue.ErrOther)
	require.Empty(t, files(t, o.Dir, segmentSuffix))
}

// A crash while a segment is made leaves a file that holds nothing.
func TestASegmentThatWasAboutToBeMadeIsNothing(t *testing.T) {
	o := options(t)
	l := open(t, o)
	write(t, l, 0, entry("a"))
	left := crash(t, o)
	require.NoError(t, os.WriteFile(filepath.Join(left.Dir, segmentName(2)), []byte("half of a st"), 0o600))
	again := open(t, left)
	require.EqualValues(t, 2, write(t, again, 0, entry("b")))
	frames, _ := read(t, again, 0, 1<<20)
	require.Equal(t, []string{"a", "b"}, frames)
}

// Damage in the middle of the log is no torn tail: frames behind it were acknowledged. What stands before it is read when the segments behind are taken away.
func TestDamageInTheMiddleIsTold(t *testing.T) {
	o := options(t)
	o.SegmentBytes = stateRoom + 2<<10
	l := open(t, o)
	for n := range 4 {
		write(t, l, 0, entry(strings.Repeat(strconv.Itoa(n), 1000)))
	}
	left := crash(t, o)
	segments := files(t, left.Dir, segmentSuffix) // in their order
	raw, err := os.ReadFile(segments[1])
	require.NoError(t, err)
	raw[600] ^= 1
	require.NoError(t, os.WriteFile(segments[1], raw, 0o600))
	_, err = Open(left)
	require.ErrorIs(t, err, queue.ErrCorrupt)
	require.ErrorContains(t, err, "frames 2 to 2 cannot be read: the segment before "+filepath.Base(segments[2])+" is damaged")
	for _, behind := range segments[2:] {
		require.NoError(t, os.Remove(behind))
	}
	again := open(t, left)
	frames, last := read(t, again, 0, 1<<20)
	require.Equal(t, []string{strings.Repeat("0", 1000)}, frames)
	require.NoError(t, again.Commit(t.Context(), last))
}
