package tail

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// What nobody looks at is missing behind what was looked at before, and who came meanwhile is told only of what has come since.
func TestAGapIsToldWhereItIs(t *testing.T) {
	t.Parallel()
	h := New()
	r := newRoom()
	enter := func() *Reader {
		reader := &Reader{hub: h, more: make(chan struct{}, 1)}
		require.True(t, r.enter(reader))
		return reader
	}
	list := func(name string, n int) []events.Event {
		all := make([]events.Event, n)
		for i := range all {
			all[i] = events.Event{ID: uuid.New(), Name: name}
		}
		return all
	}
	told := func(reader *Reader) (names []string, skipped int64) {
		some, skipped := reader.take()
		for _, e := range some {
			names = append(names, e.Name)
		}
		return names, skipped
	}
	first := enter()
	r.put(list("before", 1))
	begun := r.take() // and is being looked at while more comes than may wait
	r.put(list("gap", roomEvents/2))
	second := enter()
	r.put(list("gap", roomEvents/2))
	third := enter()
	r.put(list("after", 1))
	r.put(list("after", roomEvents/2))

	begun.show(h.skipped)
	names, skipped := told(first)
	require.Equal(t, []string{"before"}, names)
	require.Zero(t, skipped, "nothing is missing before it")
	r.take().show(h.skipped)
	for reader, want := range map[*Reader]int64{first: roomEvents, second: roomEvents / 2, third: 0} {
		names, skipped = told(reader)
		require.Len(t, names, readerEvents)
		require.Equal(t, want+1+roomEvents/2-readerEvents, skipped)
	}
}

// What is missing is told where it is also to a reader who has not come yet for what was before it.
func TestAGapIsToldBehindWhatWaits(t *testing.T) {
	t.Parallel()
	h := New()
	r := newRoom()
	late := &Reader{hub: h, more: make(chan struct{}, 1)}
	require.True(t, r.enter(late))
	show := func(name string, n int) {
		list := make([]events.Event, n)
		for i := range list {
			list[i] = events.Event{ID: uuid.New(), Name: name}
		}
		r.put(list)
		r.take().show(h.skipped)
	}
	for _, name := range []string{"a", "b"} {
		show(name, 1)
		r.put(make([]events.Event, roomEvents)) // is passed over, since the next fills the room
		r.put([]events.Event{{Name: name}})
		r.take().show(h.skipped)
	}
	next := func(skipped int64, names ...string) {
		t.Helper()
		list, missed, err := late.Next(t.Context())
		require.NoError(t, err)
		var got []string
		for _, e := range list {
			got = append(got, e.Name)
		}
		require.Equal(t, names, got)
		require.Equal(t, skipped, missed)
	}
	next(0, "a")
	next(roomEvents, "a", "b")
	next(roomEvents, "b")
	show("c", 1)
	next(0, "c")

	show("d", readerEvents/2)
	r.put(make([]events.Event, roomEvents))
	r.put([]events.Event{{Name: "e"}})
	r.take().show(h.skipped)
	show("f", readerEvents) // for which all of d and e goes
	next(readerEvents/2+roomEvents+1, slices.Repeat([]string{"f"}, readerEvents)...)
}
