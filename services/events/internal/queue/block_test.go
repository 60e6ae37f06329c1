package queue

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
)

// records encodes frames at the positions from 1.
func records(frames ...Frame) []Record {
	list := make([]Record, len(frames))
	for i := range frames {
		list[i] = Record{Frame: frames[i].Encode(nil), Position: Position(i + 1)}
	}
	return list
}

func eventsOf(b *Block) (list []events.Event) {
	for n, row := range b.Rows() {
		if n != len(list) {
			panic("rows are not counted from 0")
		}
		list = append(list, row.Event())
	}
	return list
}

func TestABlockHasTheEventsOfItsFrames(t *testing.T) {
	one, two := sample(), sample()
	two.Received = two.Received.Add(time.Second)
	for i := range two.Events {
		two.Events[i].ID, two.Events[i].ReceivedAt = uuid.New(), two.Received
	}
	list := records(one, two)
	all := append(append([]events.Event(nil), one.Events...), two.Events...)
	b := NewBlock(Cut{To: AllEvents, UpTo: 2}, list, time.Time{})
	require.Empty(t, b.Damaged)
	require.Equal(t, len(all), b.Len())
	require.Empty(t, cmp.Diff(all, eventsOf(b)))
	first, last := b.Bounds()
	require.Equal(t, all[1].OccurredAt.UnixMicro(), first)
	require.Equal(t, all[0].OccurredAt.UnixMicro(), last)

	for from := range len(all) {
		for to := from; to <= len(all); to++ {
			piece := NewBlock(Cut{From: uint32(from), To: uint32(to), UpTo: 2}, list, time.Time{})
			require.Equal(t, to-from, piece.Len())
			require.Empty(t, cmp.Diff(all[from:to], eventsOf(piece), cmp.Transformer("empty", func(l []events.Event) []events.Event {
				return append([]events.Event{}, l...)
			})))
			at, there := piece.Place(2)
			require.True(t, there)
			require.Equal(t, len(one.Events)-from, at)
		}
	}
	_, there := b.Place(3)
	require.False(t, there)
}

func TestABlockTakesAsManyFramesAsHaveSoManyEvents(t *testing.T) {
	frame := sample()
	list, each := records(frame, frame, frame, frame), len(frame.Events)
	list[1].Frame = append([]byte(nil), list[1].Frame...)
	list[1].Frame[20] ^= 1 // damaged: it has none
	for most, want := range map[int]int{0: 2, 1: 2, each: 2, 2*each - 1: 2, 2 * each: 3, 3*each - 1: 3, 3 * each: 4, 100 * each: 4} {
		b, frames := NewBlockOf(most, Cut{To: AllEvents}, list, time.Time{})
		require.Equal(t, want, frames, "%d events of %d a frame", most, each)
		require.Empty(t, cmp.Diff(eventsOf(NewBlock(Cut{To: AllEvents}, list[:want], time.Time{})), eventsOf(b)))
	}
}

func TestADamagedFrameCountsAsNone(t *testing.T) {
	frame := sample()
	list := records(frame, frame, frame)
	list[1].Frame[20] ^= 1
	b := NewBlock(Cut{To: AllEvents, UpTo: 3}, list, time.Time{})
	require.Len(t, b.Damaged, 1)
	require.ErrorIs(t, b.Damaged[0].Err, ErrCorrupt)
	require.Equal(t, Position(2), b.Damaged[0].Record.Position)
	require.Equal(t, 2*len(frame.Events), b.Len())
	at, there := b.Place(3)
	require.True(t, there)
	require.Equal(t, len(frame.Events), at)
}

func TestWhichEventsMayBeKnown(t *testing.T) {
	frame := sample()
	occurred := frame.Events[0].OccurredAt
	frame.Events = frame.Events[:1]
	known := func(lookUp time.Time) bool {
		b := NewBlock(Cut{To: AllEvents, UpTo: 1}, records(frame), lookUp)
		for _, row := range b.Rows() {
			require.Equal(t, b.NeedsLookUp(), row.MayBeKnown)
		}
		return b.NeedsLookUp()
	}
	require.False(t, known(time.Time{}))
	require.False(t, known(occurred))
	require.True(t, known(occurred.Add(time.Microsecond)))

	frame.Decision.Since = occurred
	require.False(t, known(time.Time{}))
	frame.Decision.Since = occurred.Add(time.Microsecond)
	require.True(t, known(time.Time{}), "it occurred before the index began to know")
	frame.Decision.Since = time.Time{}
	require.True(t, known(time.Time{}), "nobody has judged it")
}

// What is known of a frame that was just made is what reading it tells.
func TestABlockOfFramesThatWereJustMade(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var read, made []Record
		for n := range 1 + random.IntN(4) {
			f := sample()
			f.Decision.Since = time.UnixMicro(random.Int64N(1000))
			var b Builder
			b.Reset(f.Key)
			for len(f.Events) < 5 {
				f.Events = append(f.Events, f.Events[0])
			}
			for i := range f.Events {
				f.Events[i].OccurredAt = time.UnixMicro(random.Int64N(2000)).UTC()
				b.Append(&f.Events[i])
			}
			r := Record{Frame: b.Frame(f), Position: Position(n + 1)}
			read = append(read, r)
			r.Made = b.Made()
			made = append(made, r)
		}
		lookUp := time.UnixMicro(random.Int64N(500))
		want, got := NewBlock(Cut{To: AllEvents}, read, lookUp), NewBlock(Cut{To: AllEvents}, made, lookUp)
		require.Equal(t, want, got)
		require.Equal(t, eventsOf(want), eventsOf(got))
	}
}

// FuzzBlock holds the two readers of frames against each other.
func FuzzBlock(f *testing.F) {
	frame := sample()
	f.Add(frame.Encode(nil)[headerBytes:])
	f.Fuzz(func(t *testing.T, body []byte) {
		encoded := sealed(body)
		want, err := Decode(encoded)
		b := NewBlock(Cut{To: AllEvents}, []Record{{Frame: encoded, Position: 1}}, time.Time{})
		if err != nil {
			require.Len(t, b.Damaged, 1)
			return
		}
		require.Empty(t, b.Damaged)
		require.Equal(t, len(want.Events), b.Len())
		for n, row := range b.Rows() {
			require.Empty(t, cmp.Diff(want.Events[n], row.Event()))
			require.Equal(t, want.Organization, row.Organization)
		}
	})
}

func BenchmarkBlock(b *testing.B) {
	frame := sample()
	for len(frame.Events) < 100 {
		frame.Events = append(frame.Events, frame.Events[0])
	}
	list := records(frame)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range NewBlock(Cut{To: AllEvents}, list, time.Time{}).Rows() {
			n++
		}
		if n != 100 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}

func TestAnEventOutlivesTheMemoryOfItsFrame(t *testing.T) {
	f := sample()
	list := records(f)
	b := NewBlock(Cut{To: AllEvents, UpTo: 1}, list, time.Time{})
	kept := eventsOf(b)
	clear(list[0].Frame)
	require.Empty(t, cmp.Diff(f.Events, kept))
}

func TestABlockNamesTheOrganizationsOfItsFrames(t *testing.T) {
	one, two, three := sample(), sample(), sample()
	two.Organization = one.Organization
	b := NewBlock(Cut{To: AllEvents, UpTo: 3}, records(one, two, three), time.Time{})
	require.Equal(t, []uuid.UUID{one.Organization, three.Organization}, slices.Collect(b.Organizations()))
}
