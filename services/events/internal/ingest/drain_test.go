package ingest_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/ingest"
	"devtrail.dev/services/events/internal/queue"
)

// sent returns the blocks that the store was given, by number.
func (f *fixture) sent() map[uint64]*queue.Block {
	all := map[uint64]*queue.Block{}
	f.store.blocks.Range(func(number, b any) bool {
		all[number.(uint64)] = b.(*queue.Block)
		return true
	})
	return all
}

// kill ends the intake as a crash does: the bounds of blocks stay, what is behind them is not committed.
func (f *fixture) kill() map[uint64]*queue.Block {
	f.t.Helper()
	require.Eventually(f.t, func() bool { return len(f.sent()) > 0 }, time.Minute, time.Millisecond)
	f.stop()
	return f.sent()
}

func TestABlockIsSentAgainAsItWas(t *testing.T) {
	f := setup(t).start()
	f.store.away.Store(true)
	a, b := draft("a"), draft("b")
	f.take(ingest.AckDurable, a, b)
	before := f.kill()
	require.Len(t, before, 1)

	f.start()
	c := draft("c")
	f.take(ingest.AckDurable, c) // follows, and does not become part of it
	f.store.away.Store(false)
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, draft("d")))
	after := f.sent()
	for number, was := range before {
		is := after[number]
		require.True(t, is.Again)
		require.Equal(t, was.Cut, is.Cut)
		require.Equal(t, 2, is.Len())
	}
	require.Len(t, f.stored(acme), 4)
	f.stop()

	f.start()
	f.stop()
	require.Len(t, f.sent(), len(after), "what is committed is not sent again")
}

// lapsed is a log of which nobody knows for a while who has it.
type lapsed struct {
	queue.Queue
	gone  atomic.Bool
	asked atomic.Int64 // while it was gone
}

func (l *lapsed) Confirm(ctx context.Context) error {
	if l.gone.Load() {
		l.asked.Add(1)
		return queue.ErrUnavailable
	}
	return l.Queue.Confirm(ctx)
}

// The next owner may have halved a block, and stored its halves: who does not know that it has the log still does not send the block again.
func TestABlockIsNotSentAgainBesideTheNextOwner(t *testing.T) {
	f := setup(t)
	log := new(lapsed)
	f.around = func(q queue.Queue) queue.Queue {
		log.Queue = q
		return log
	}
	f.start()
	f.store.away.Store(true)
	f.take(ingest.AckDurable, draft("a"))
	require.Eventually(t, func() bool { return len(f.sent()) == 1 }, time.Minute, time.Millisecond)
	log.gone.Store(true)
	require.Eventually(t, func() bool { return log.asked.Load() > 0 }, time.Minute, time.Millisecond)
	f.store.away.Store(false)
	before := log.asked.Load()
	require.Eventually(t, func() bool { return log.asked.Load() > before+1 || len(f.stored(acme)) > 0 }, time.Minute, time.Millisecond)
	require.Empty(t, f.stored(acme))
	log.gone.Store(false)
	require.Eventually(t, func() bool { return len(f.stored(acme)) == 1 }, time.Minute, time.Millisecond)
}

func TestHalvesOfABlockAreSentAgainAsTheyWere(t *testing.T) {
	f := setup(t).start()
	f.store.away.Store(true)
	drafts := make([]ingest.Draft, 8)
	for i := range drafts {
		drafts[i] = draft(strconv.Itoa(i))
	}
	drafts[5] = draft("poison")
	f.take(ingest.AckDurable, drafts...)
	f.kill()
	f.start()
	f.store.away.Store(false)
	last := draft("last")
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, last))
	require.Len(t, f.stored(acme), len(drafts))
	letters, err := f.store.ListDeadLetters(t.Context(), acme, nil, 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	for _, b := range f.sent() {
		if b.From != 0 || b.To != queue.AllEvents {
			require.True(t, b.NeedsLookUp(), "of a half, some may have come with the whole")
		}
	}
}

// A request of which one event in eight is refused is halved hundreds of times. The log keeps the bounds of what is left, which are few, and a later life goes on
// with that.
func TestBoundsOfWhatIsStoredAreNotKept(t *testing.T) {
	f := setup(t)
	most, killed := 0, false
	refused := 0
	f.store.refuse = func(b *queue.Block) error {
		cuts, err := f.queue.Cuts(context.WithoutCancel(t.Context()))
		most = max(most, len(cuts))
		if refused++; refused == 300 && !killed {
			f.store.away.Store(true)
		}
		return err
	}
	f.start()
	drafts := make([]ingest.Draft, 512)
	poison := 0
	for i := range drafts {
		drafts[i] = draft("good")
		if i%8 == 5 {
			drafts[i] = draft("poison")
			poison++
		}
	}
	f.take(ingest.AckDurable, drafts...)
	require.Eventually(t, f.store.away.Load, 2*time.Minute, time.Millisecond)
	before := f.kill()
	killed = true
	stored := f.stored(acme)
	require.NotEmpty(t, stored)
	f.start()
	f.store.away.Store(false)
	require.Equal(t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, draft("last")))
	require.Less(t, most, 16, "512 events can be halved nine times")
	require.Len(t, f.stored(acme), len(drafts)-poison+1)
	letters, err := f.store.ListDeadLetters(t.Context(), acme, nil, len(drafts))
	require.NoError(t, err)
	require.Len(t, letters, poison)
	again := 0
	for number, b := range f.sent() {
		if was := before[number]; was != nil && was != b {
			again++
		}
	}
	require.Less(t, again, 16, "what was stored is not sent again")
}

// A log that begins on a database that holds events cannot know their ids.
func TestANewLogOnAnOldDatabase(t *testing.T) {
	f := setup(t).start()
	ago := func(name string, d time.Duration) ingest.Draft {
		made := draft(name)
		made.Event.OccurredAt = time.Now().Add(-d)
		return made
	}
	lookedUp := func() (n int) {
		for _, b := range f.sent() {
			if b.NeedsLookUp() {
				n++
			}
		}
		return n
	}
	old := ago("old", 2*time.Hour)
	f.take(ingest.AckDatabase, old)
	require.Equal(t, 1, lookedUp(), "it occurred before the log began")
	young := ago("young", 0)
	f.take(ingest.AckDatabase, young)
	require.Equal(t, 1, lookedUp(), "the log knows all that came since it began")
	f.stop()
	f.dir += "-lost"
	f.start()
	require.Equal(t, []ingest.Status{ingest.Duplicate, ingest.Stored}, f.take(ingest.AckDatabase, old, ago("new", 0)))
	require.Equal(t, []ingest.Status{ingest.Duplicate}, f.take(ingest.AckDatabase, young))
	before := lookedUp()
	f.take(ingest.AckDatabase, ago("soon", 0))
	require.Greater(t, lookedUp(), before, "the clocks of two times that an event is sent may differ by an hour")
	require.Len(t, f.stored(acme), 4)
}

// clocked has a clock that can be set forward: the first hour of a log is not known as a whole.
func clocked(t *testing.T) (f *fixture, move func(time.Duration)) {
	t.Helper()
	f = setup(t)
	var moved atomic.Int64
	f.now = func() time.Time { return time.Now().Add(time.Duration(moved.Load())) }
	return f, func(d time.Duration) { moved.Add(int64(d)) }
}

// doubted tells whether the block of an event that is sent now, before others of its request, is compared with the store. Each has a block of its own.
func (f *fixture) doubted(d ingest.Draft, others ...ingest.Draft) bool {
	f.t.Helper()
	f.take(ingest.AckDatabase, append([]ingest.Draft{d}, others...)...)
	var last *queue.Block
	for _, b := range f.sent() {
		for _, row := range b.Rows() {
			if row.ID == d.Event.ID && (last == nil || last.Number < b.Number) {
				last = b
			}
		}
	}
	require.NotNil(f.t, last, "the event was in no block")
	return last.NeedsLookUp()
}

// fresh is an event that has just occurred.
func (f *fixture) fresh(name string) ingest.Draft {
	made := draft(name)
	made.Event.OccurredAt = f.now().Add(-time.Second)
	return made
}

func TestALogAfterAnother(t *testing.T) {
	f, move := clocked(t)
	f.start()
	f.take(ingest.AckDatabase, f.fresh("first"))
	f.stop()
	move(3 * time.Hour)
	f.start()
	require.False(t, f.doubted(f.fresh("second")), "nothing was in between")
	f.stop()
	first := f.dir
	f.dir += "-other"
	f.start()
	f.take(ingest.AckDatabase, f.fresh("its first"))
	move(3 * time.Hour)
	meanwhile := f.fresh("meanwhile")
	f.take(ingest.AckDatabase, meanwhile)
	f.stop()
	f.dir = first
	f.start()
	require.True(t, f.doubted(meanwhile), "this log has never had it")
	f.stop()
	f.start()
	require.True(t, f.doubted(f.fresh("after")), "nor is that forgotten")
	move(3 * time.Hour)
	require.False(t, f.doubted(f.fresh("later")))
}

func TestALogWithoutHorizonMeanwhile(t *testing.T) {
	f, move := clocked(t)
	f.start()
	f.take(ingest.AckDatabase, f.fresh("first"))
	f.stop()
	move(3 * time.Hour)
	horizon := f.log.Horizon
	f.log.Horizon = 0
	f.start()
	meanwhile := f.fresh("meanwhile")
	require.True(t, f.doubted(meanwhile), "nothing is remembered")
	f.stop()
	f.start()
	f.store.away.Store(true)
	move(3 * time.Hour)
	waits := f.fresh("waits")
	f.take(ingest.AckDurable, waits)
	f.kill()
	f.log.Horizon = horizon
	f.start()
	f.store.away.Store(false)
	require.True(t, f.doubted(waits))
	require.True(t, f.doubted(meanwhile))
	require.True(t, f.doubted(f.fresh("after")), "what waited may have been ahead of its time")
	f.stop()
	move(3 * 24 * time.Hour)
	f.start()
	f.take(ingest.AckDatabase, f.fresh("fourth"))
	move(3 * time.Hour)
	require.False(t, f.doubted(f.fresh("later")))
}

func TestAStoreThatOthersWriteToIsAlwaysAsked(t *testing.T) {
	f := setup(t)
	f.log.LookUpAlways = true
	f.start()
	a := draft("a")
	e, err := events.Event{
		ID: a.Event.ID, Name: "a", OccurredAt: a.Event.OccurredAt, Source: a.Event.Source,
	}.Canonical(time.Now())
	require.NoError(t, err)
	f.take(ingest.AckDatabase, draft("first"))
	_, err = f.store.Append(t.Context(), acme, []events.Event{e}) // another instance
	require.NoError(t, err)
	require.Equal(t, []ingest.Status{ingest.Duplicate}, f.take(ingest.AckDatabase, a))
	for _, b := range f.sent() {
		require.True(t, b.NeedsLookUp())
	}
}

func TestAStoreThatTakesBatchesOnly(t *testing.T) {
	f := setup(t)
	f.batches = true
	f.start()
	a := draft("a")
	require.Equal(t, []ingest.Status{ingest.Stored, ingest.Rejected, ingest.Stored}, f.take(ingest.AckDatabase, a, draft("poison"), draft("b")))
	require.Equal(t, []ingest.Status{ingest.Duplicate}, f.take(ingest.AckDatabase, a))
	require.Len(t, f.stored(acme), 2)
	require.Empty(t, f.sent())
}

// halting is a log that does not commit for a while, nor keeps bounds more often than it is to.
type halting struct {
	queue.Queue
	halted atomic.Bool
	cuts   atomic.Int64 // that it keeps meanwhile
	tried  atomic.Int64 // to commit, meanwhile
}

func (l *halting) Commit(ctx context.Context, upTo queue.Position) error {
	if l.halted.Load() {
		l.tried.Add(1)
		return queue.ErrUnavailable
	}
	return l.Queue.Commit(ctx, upTo)
}

func (l *halting) SetCuts(ctx context.Context, cuts []queue.Cut) error {
	if l.halted.Load() && l.cuts.Add(-1) < 0 {
		return queue.ErrUnavailable
	}
	return l.Queue.SetCuts(ctx, cuts)
}

// halt has an intake run on a log that halts when its first event is about to be stored, which is returned with the block that it is in.
func (f *fixture) halt() (*halting, ingest.Draft, *queue.Block) {
	f.t.Helper()
	log := new(halting)
	f.around = func(q queue.Queue) queue.Queue {
		log.Queue = q
		return log
	}
	f.start()
	first := draft("first")
	log.cuts.Store(1)
	log.halted.Store(true)
	require.Equal(f.t, []ingest.Status{ingest.Stored}, f.take(ingest.AckDatabase, first))
	require.Positive(f.t, log.tried.Load())
	require.Len(f.t, f.sent(), 1)
	return log, first, slices.Collect(maps.Values(f.sent()))[0]
}

// What is stored leaves the log also when it could not at once: one that is full of it would take nothing in, and so nothing would follow.
func TestWhatIsStoredLeavesTheLogWhenNothingFollows(t *testing.T) {
	t.Parallel()
	f := setup(t)
	log, _, _ := f.halt()
	log.halted.Store(false)
	require.Eventually(t, func() bool { return f.queue.Stats() == queue.Stats{} }, 30*time.Second, time.Millisecond)
	require.Len(t, f.sent(), 1)
}

// A block that is stored and not committed keeps its bounds, whatever else is written beside them: a later life meets its frames.
func TestABlockKeepsItsBoundsUntilItIsCommitted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	log, first, in := f.halt()
	log.cuts.Store(1) // for the clock that is far ahead, and not for the block of the event
	f.take(ingest.AckDurable, f.ahead(40*time.Hour))
	f.stop()
	f.around = nil
	f.start()
	f.take(ingest.AckDatabase, draft("last"))
	for _, b := range f.sent() {
		for _, row := range b.Rows() {
			require.True(t, row.ID != first.Event.ID || b.Number == in.Number, "it is stored once more, under another number")
		}
	}
	require.Len(t, f.stored(acme), 3)
}
