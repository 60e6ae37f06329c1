package queuetest

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events/internal/queue"
)

func order(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	require.Zero(t, q.Last())
	require.Zero(t, q.Committed())
	require.Zero(t, q.Stats())
	var want []string
	var pending []queue.Pending
	for n := range 50 { // on their way together
		entries := []queue.Entry{entry(n, fmt.Sprint("frame ", n))}
		if n%3 == 0 {
			entries = append(entries, entry(n, fmt.Sprint("its neighbour ", n)))
		}
		for _, e := range entries {
			want = append(want, string(e.Frame))
		}
		p, err := q.Append(t.Context(), 0, entries)
		require.NoError(t, err)
		require.Equal(t, q.Last(), p.First()+queue.Position(len(entries)-1))
		pending = append(pending, p)
	}
	for i, p := range pending {
		require.NoError(t, p.Wait())
		require.NoError(t, p.Wait(), "the answer stays")
		if i > 0 {
			require.Greater(t, p.First(), pending[i-1].First())
		}
	}
	require.Positive(t, pending[0].First())
	require.Equal(t, want, all(t, q, 0))
	require.EqualValues(t, len(want), q.Stats().Frames)
	require.Equal(t, received(0), q.Stats().Oldest)
	require.NoError(t, q.Close())
}

func bounds(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	first := write(t, q, 0, entry(0, "a"), entry(1, "b"), entry(2, strings.Repeat("c", 1000)))
	second := write(t, q, 0, entry(3, "d"))
	records, err := q.Read(t.Context(), 0, first, roomy, nil)
	require.NoError(t, err)
	require.Len(t, records, 1, "up to a position in the middle of an append")
	frames, last := read(t, q, 0, 1)
	require.Equal(t, []string{"a"}, frames, "at least one")
	frames, _ = read(t, q, last, 500)
	require.Equal(t, []string{"b"}, frames, "no more than fit")
	frames, last = read(t, q, first+2, roomy)
	require.Equal(t, []string{"d"}, frames)
	require.Equal(t, second, last)
	frames, _ = read(t, q, second, roomy)
	require.Empty(t, frames)
	require.NoError(t, q.Close())
}

func room(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	first := write(t, q, 0, entry(0, "one"), entry(1, "two"), entry(2, strings.Repeat("c", 1000)))
	memory := append(make([]byte, 0, 16), "kept"...)
	for range 2 { // the memory may be used again
		records, err := q.Read(t.Context(), 0, q.Last(), roomy, memory)
		require.NoError(t, err)
		require.Len(t, records, 3)
		require.Equal(t, "keptonetwo", string(memory[:10]), "frames lie behind what the room holds")
		require.Equal(t, "one", string(records[0].Frame))
		require.Equal(t, "two", string(records[1].Frame))
		require.Equal(t, 3, cap(records[0].Frame), "a frame cannot grow into the next")
		require.Equal(t, strings.Repeat("c", 1000), string(records[2].Frame), "one that does not fit has memory of its own")
		require.Equal(t, first+2, records[2].Position)
	}
	require.NoError(t, q.Close())
}

func commit(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	first := write(t, q, 0, entry(0, "a"), entry(1, "b"), entry(2, "c"))
	second := write(t, q, 0, entry(3, "d"))
	require.NoError(t, q.Commit(t.Context(), first+1))
	require.NoError(t, q.Commit(t.Context(), first), "an older position changes nothing")
	require.Equal(t, first+1, q.Committed())
	require.EqualValues(t, 2, q.Stats().Frames)
	require.Equal(t, received(2), q.Stats().Oldest)
	before := q.Stats()
	require.NoError(t, q.Close())

	q = open(t, m, roomy)
	require.Equal(t, first+1, q.Committed())
	require.Equal(t, second, q.Last())
	require.Equal(t, before, q.Stats())
	require.Equal(t, []string{"c", "d"}, all(t, q, q.Committed()))
	require.NoError(t, q.Commit(t.Context(), second))
	require.Zero(t, q.Stats())
	require.NoError(t, q.Close())

	q = open(t, m, roomy)
	require.Equal(t, second, q.Committed())
	require.Equal(t, second, q.Last(), "positions are never given twice")
	require.Zero(t, q.Stats())
	third := write(t, q, 0, entry(4, "e"))
	require.Greater(t, third, second)
	require.Equal(t, []string{"e"}, all(t, q, second))
	require.NoError(t, q.Close())
}

func kill(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	var want []string
	var known []uuid.UUID
	for n := range 20 {
		id := uuid.New()
		write(t, q, 5, entry(n, fmt.Sprint("frame ", n), id))
		want, known = append(want, fmt.Sprint("frame ", n)), append(known, id)
	}
	cut := queue.Cut{After: 0, Number: 1, To: queue.AllEvents, UpTo: q.Last()}
	require.NoError(t, q.SetCuts(t.Context(), []queue.Cut{cut}))
	last := q.Last()
	m.Kill(t, q)

	q = open(t, m, roomy)
	require.Equal(t, last, q.Last())
	require.Equal(t, want, all(t, q, q.Committed()))
	require.Equal(t, known, ids(t, q, 0))
	kept, err := q.Cuts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []queue.Cut{cut}, kept)
	require.NoError(t, q.Close())
}

func large(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	frame := make([]byte, 5<<20)
	for i := range frame {
		frame[i] = byte(rand.Uint32())
	}
	write(t, q, 0, entry(0, "small"), entry(1, string(frame)), entry(2, "small again"))
	write(t, q, 0, entry(3, "last"))
	want := []string{"small", string(frame), "small again", "last"}
	require.Equal(t, sha256.Sum256([]byte(strings.Join(want, ","))), sha256.Sum256([]byte(strings.Join(all(t, q, 0), ","))))
	require.NoError(t, q.Close())
	q = open(t, m, roomy)
	require.Equal(t, sha256.Sum256([]byte(strings.Join(want, ","))), sha256.Sum256([]byte(strings.Join(all(t, q, 0), ","))))
	require.NoError(t, q.Close())
}

func remembered(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	a, b, c := uuid.New(), uuid.New(), uuid.New()
	write(t, q, 7, entry(0, "x", a, b), entry(1, "y"))
	last := write(t, q, 9, entry(2, "z", c))
	require.NoError(t, q.Commit(t.Context(), last), "ids outlive their frames")
	require.NoError(t, q.Close())

	q = open(t, m, roomy)
	require.Equal(t, []uuid.UUID{a, b, c}, ids(t, q, 0))
	require.Equal(t, []uuid.UUID{c}, ids(t, q, 8))
	require.NoError(t, q.Forget(t.Context(), 8))
	require.Equal(t, []uuid.UUID{c}, ids(t, q, 0))
	require.NoError(t, q.Close())
}

func cuts(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	kept, err := q.Cuts(t.Context())
	require.NoError(t, err)
	require.Empty(t, kept)
	write(t, q, 0, entry(0, "a"))
	want := []queue.Cut{{After: 3, Number: 1 << 60, To: 5, UpTo: 7}, {After: 3, From: 5, Number: 1<<60 + 1, To: queue.AllEvents, UpTo: 7}}
	require.NoError(t, q.SetCuts(t.Context(), want[:1]))
	require.NoError(t, q.SetCuts(t.Context(), want))
	m.Kill(t, q)
	q = open(t, m, roomy)
	kept, err = q.Cuts(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, kept)
	require.NoError(t, q.SetCuts(t.Context(), nil))
	kept, err = q.Cuts(t.Context())
	require.NoError(t, err)
	require.Empty(t, kept)
	require.NoError(t, q.Close())
}

func budget(t *testing.T, m Medium) {
	q := open(t, m, 150)
	first := write(t, q, 0, entry(0, strings.Repeat("a", 80)))
	before := q.Stats()
	_, err := q.Append(t.Context(), 0, []queue.Entry{entry(1, strings.Repeat("b", 80))})
	require.ErrorIs(t, err, queue.ErrFull)
	require.Equal(t, fault.Exhausted, fault.KindOf(err))
	require.Equal(t, first, q.Last(), "nothing was kept")
	require.Equal(t, before, q.Stats())
	require.NoError(t, q.Commit(t.Context(), first))
	write(t, q, 0, entry(2, strings.Repeat("c", 80)))
	require.Equal(t, []string{strings.Repeat("c", 80)}, all(t, q, first))
	require.NoError(t, q.Close())
}

func away(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	write(t, q, 0, entry(0, "a"))
	m.Break(t)
	var pending []queue.Pending
	var err error
	require.Eventually(t, func() bool { // what was taken before the log noticed is on its way for ever
		var p queue.Pending
		if p, err = q.Append(t.Context(), 0, []queue.Entry{entry(1, "b")}); err == nil {
			pending = append(pending, p)
		}
		return err != nil
	}, 30*time.Second, time.Millisecond)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.Equal(t, fault.Unavailable, fault.KindOf(q.Ready()))
	require.NoError(t, q.Close())
	for _, p := range pending {
		require.Equal(t, fault.Unavailable, fault.KindOf(p.Wait()), "nobody may be told that it is kept")
	}
}

func closed(t *testing.T, m Medium) {
	q := open(t, m, roomy)
	p, err := q.Append(t.Context(), 0, []queue.Entry{entry(0, "a")})
	require.NoError(t, err)
	require.NoError(t, q.Close())
	require.NoError(t, p.Wait(), "Close waits for what is on its way")
	require.NoError(t, q.Close(), "once more changes nothing")
	_, err = q.Append(t.Context(), 0, []queue.Entry{entry(1, "b")})
	require.ErrorIs(t, err, queue.ErrClosed)
	_, err = q.Read(t.Context(), 0, q.Last(), 1, nil)
	require.ErrorIs(t, err, queue.ErrClosed)
	_, err = q.Cuts(t.Context())
	require.ErrorIs(t, err, queue.ErrClosed)
	require.ErrorIs(t, q.SetCuts(t.Context(), nil), queue.ErrClosed)
	require.ErrorIs(t, q.Commit(t.Context(), q.Last()), queue.ErrClosed)
	require.ErrorIs(t, q.Forget(t.Context(), 1), queue.ErrClosed)
	require.ErrorIs(t, q.Ready(), queue.ErrClosed)
	require.ErrorIs(t, q.Confirm(t.Context()), queue.ErrClosed)
	for _, err := range q.Remembered(t.Context(), 0) {
		require.ErrorIs(t, err, queue.ErrClosed)
	}
	q = open(t, m, roomy)
	require.Equal(t, []string{"a"}, all(t, q, 0))
	require.NoError(t, q.Close())
}
