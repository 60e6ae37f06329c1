package storetest

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

var blockCases = []testCase{
	{"a block of nothing", func(t *testing.T, s *subject) { require.Empty(t, s.block(1)) }},
	{"events of a block come back as they were", blockComesBack},
	{"a block that is sent again is whole though another has brought its events too", blockBesideAnother},
	{"a block that is sent again changes nothing", blockTwice},
	{"a block that may have been sent is stored when it was not", blockAgain},
	{"ids of a block that are there are left out", blockPartlyKnown},
	{"an id counts once within a block", blockRepeats},
	{"an id that may be known stands behind itself", blockBehindItself},
	{"two organizations in one block", blockOfTwo},
	{"pieces of a block are blocks", blockPieces},
	{"a block over many years is kept", blockOfYears},
	{"batches know what a block brought", appendAfterBlock},
	{"the latest event", latest},
}

// judged is the decision on events that are all new to the log.
var judged = queue.Decision{Since: events.MinTime}

// frame makes a frame of events, received at noon.
func (s *subject) frame(d queue.Decision, list ...events.Event) queue.Frame {
	for i := range list {
		list[i].ReceivedAt = noon
	}
	return queue.Frame{Decision: d, Events: list, Organization: s.org, Received: noon}
}

// cut makes a block of frames.
func (s *subject) cut(number uint64, frames ...queue.Frame) *queue.Block {
	return piece(queue.Cut{Number: number, To: queue.AllEvents, UpTo: queue.Position(len(frames))}, frames...)
}

func piece(c queue.Cut, frames ...queue.Frame) *queue.Block {
	records := make([]queue.Record, len(frames))
	for i := range frames {
		records[i] = queue.Record{Frame: frames[i].Encode(nil), Position: queue.Position(i + 1)}
	}
	return queue.NewBlock(c, records, time.Time{})
}

// take stores a block and returns the events that were left out.
func (s *subject) take(b *queue.Block) []int {
	s.t.Helper()
	blocks, can := s.store.(queue.BlockStore)
	require.True(s.t, can, "every store takes blocks")
	known, err := blocks.StoreBlock(s.t.Context(), b)
	require.NoError(s.t, err)
	return known
}

// block stores a block of new events.
func (s *subject) block(number uint64, list ...events.Event) []int {
	s.t.Helper()
	return s.take(s.cut(number, s.frame(judged, list...)))
}

func blockComesBack(t *testing.T, s *subject) {
	full := s.event("full", by("ada@example.org", "ada"), touching("pkg:npm/%40scope/a@1.0.0", "pkg:golang/example.org/x"), func(e *events.Event) {
		e.OccurredAt = time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC)
		e.Source = events.Source{Kind: events.SourceAgent, Tool: "Claude \u00e9\U0001F600", ToolVersion: `1.0\n'"`, Machine: "h\u00f6st%_\\"}
		e.Project, e.SessionID = "github.com/Own/N\u00e4me", "s-1"
		e.Properties = `{"b":[1, 2.0,{"z":null,"a":"\u0000\u2028\ud83d\ude00\\ '"}],"a":12345678901234567890}`
	})
	empty, other := s.event("empty"), s.event("other", named("a"), touching("pkg:npm/%40scope/a@1.0.0"))
	want := []events.Event{empty, full, other}
	for i := range want {
		want[i].ReceivedAt = noon
	}
	require.Empty(t, s.block(1, want...))
	got := s.list(events.ListQuery{})
	require.Len(t, got, len(want))
	for _, e := range want {
		require.Contains(t, got, e)
	}
	require.EqualValues(t, 2, s.exposure("pkg:npm/%40scope/a").Sighting.Count)
	require.EqualValues(t, 1, s.exposure("pkg:golang/example.org/x").Sighting.Count)
}

func blockTwice(t *testing.T, s *subject) {
	frame := s.frame(judged, s.event("a", touching("pkg:npm/x@1", "pkg:npm/x@2")), s.event("b", at(noon.AddDate(-1, 0, 0)), touching("pkg:npm/x@1")))
	for range 2 {
		require.Empty(t, s.take(s.cut(7, frame)))
		again := s.cut(7, frame)
		again.Again = true
		require.Empty(t, s.take(again))
		require.Len(t, s.list(events.ListQuery{}), 2)
		require.EqualValues(t, 2, s.exposure("pkg:npm/x").Sighting.Count)
	}
}

func blockAgain(t *testing.T, s *subject) {
	b := s.cut(7, s.frame(judged, s.event("a", touching("pkg:npm/x@1")), s.event("b", at(noon.AddDate(-3, 0, 0)))))
	b.Again = true
	require.Empty(t, s.take(b))
	require.Len(t, s.list(events.ListQuery{}), 2)
	require.EqualValues(t, 1, s.exposure("pkg:npm/x").Sighting.Count)
}

func blockPartlyKnown(t *testing.T, s *subject) {
	old := at(noon.AddDate(-2, 0, 0))
	s.append(s.event("b", old, touching("pkg:npm/x@1")))
	require.Empty(t, s.block(6, s.event("d", old)))
	// What occurred before the index began to know is compared, what occurred later is new.
	frame := s.frame(queue.Decision{Since: noon.AddDate(-1, 0, 0)},
		s.event("a"), s.event("b", old, named("other"), touching("pkg:npm/x@1")), s.event("c", old, touching("pkg:npm/x@1")), s.event("d", old))
	for range 2 {
		b := s.cut(7, frame)
		require.True(t, b.NeedsLookUp())
		require.Equal(t, []int{1, 3}, s.take(b))
		require.Len(t, s.list(events.ListQuery{}), 4)
		require.EqualValues(t, 2, s.exposure("pkg:npm/x").Sighting.Count)
	}
	again := s.cut(7, frame)
	again.Again = true
	require.Equal(t, []int{1, 3}, s.take(again), "the same answer as before")
	require.Len(t, s.list(events.ListQuery{}), 4)
}

func blockRepeats(t *testing.T, s *subject) {
	a := s.event("a", touching("pkg:npm/x@1"))
	unjudged := queue.Decision{}
	known := s.take(s.cut(7, s.frame(unjudged, a, s.event("b"), a), s.frame(unjudged, s.event("b"), s.event("c"))))
	require.Equal(t, []int{2, 3}, known)
	require.Len(t, s.list(events.ListQuery{}), 3)
	require.EqualValues(t, 1, s.exposure("pkg:npm/x").Sighting.Count)
}

func blockOfTwo(t *testing.T, s *subject) {
	other := &subject{t: t, store: s.store, org: uuid.MustParse("5d0c3a5e-0000-4000-8000-000000000002")}
	same := s.event("a", touching("pkg:npm/x@1"))
	frames := []queue.Frame{s.frame(judged, same), other.frame(judged, same, s.event("b", touching("pkg:npm/x@2"))), s.frame(judged, s.event("c"))}
	for range 2 {
		b := s.cut(7, frames...)
		b.Again = true
		require.Empty(t, s.take(b))
		require.Len(t, s.list(events.ListQuery{}), 2)
		require.Len(t, other.list(events.ListQuery{}), 2)
		require.EqualValues(t, 1, s.exposure("pkg:npm/x").Sighting.Count)
		require.EqualValues(t, 2, other.exposure("pkg:npm/x").Sighting.Count)
	}
}

func blockPieces(t *testing.T, s *subject) {
	one, two := s.frame(judged, s.event("a"), s.event("b")), s.frame(judged, s.event("c"), s.event("d"), s.event("e"))
	for number, bounds := range map[uint64][2]uint32{8: {0, 1}, 9: {1, 4}, 10: {4, queue.AllEvents}} {
		require.Empty(t, s.take(piece(queue.Cut{From: bounds[0], Number: number, To: bounds[1], UpTo: 2}, one, two)))
	}
	require.Len(t, s.list(events.ListQuery{}), 5)
}

func blockOfYears(t *testing.T, s *subject) {
	list := make([]events.Event, 0, 130)
	for year := range 130 {
		list = append(list, s.event(strconv.Itoa(year), touching("pkg:npm/x@1"), func(e *events.Event) { e.OccurredAt = events.MinTime.AddDate(year, year%12, 0) }))
	}
	frame := s.frame(judged, list...)
	for range 2 {
		b := s.cut(7, frame)
		b.Again = true
		require.Empty(t, s.take(b))
		require.Len(t, s.list(events.ListQuery{}), len(list))
		require.EqualValues(t, len(list), s.exposure("pkg:npm/x").Sighting.Count)
	}
}

func appendAfterBlock(t *testing.T, s *subject) {
	require.Empty(t, s.block(7, s.event("a"), s.event("b")))
	require.Equal(t, []events.Outcome{events.Duplicate, events.Stored}, s.outcomes(s.event("b"), s.event("c")))
}

func latest(t *testing.T, s *subject) {
	blocks, can := s.store.(queue.BlockStore)
	require.True(t, can)
	after := func(number uint64) time.Time {
		found, err := blocks.Latest(t.Context(), number)
		require.NoError(t, err)
		return found
	}
	require.Zero(t, after(0))
	s.append(s.event("a"))
	require.Equal(t, noon, after(0))
	late := noon.Add(time.Hour + time.Microsecond)
	young := uint64(math.MaxInt64 - 1) // above those of batches
	require.Empty(t, s.block(young, s.event("c", at(late))))
	require.Equal(t, late, after(0))
	require.Equal(t, late, after(young-1))
	require.Zero(t, after(young))
	require.Empty(t, s.block(young+1, s.event("b", at(noon.AddDate(-1, 0, 0)))))
	require.Equal(t, late, after(young), "of all, not of the younger ones")
}

// blockBesideAnother has an event that two services stored at the same moment, each without seeing the other's.
func blockBesideAnother(t *testing.T, s *subject) {
	a, b := s.event("a", touching("pkg:npm/x@1")), s.event("b")
	frame := s.frame(queue.Decision{}, a, b)
	require.Empty(t, s.take(s.cut(7, frame)))
	s.take(s.cut(9, s.frame(judged, a)))
	again := s.cut(7, frame)
	again.Again = true
	require.Empty(t, s.take(again))
}

// blockBehindItself has an event that was new when it came, and was forgotten before it came again.
func blockBehindItself(t *testing.T, s *subject) {
	a := s.event("a", touching("pkg:npm/x@1"))
	require.Equal(t, []int{2}, s.take(s.cut(7, s.frame(judged, a, s.event("b")), s.frame(queue.Decision{}, a))))
	require.Len(t, s.list(events.ListQuery{}), 2)
	require.EqualValues(t, 1, s.exposure("pkg:npm/x").Sighting.Count)
}
