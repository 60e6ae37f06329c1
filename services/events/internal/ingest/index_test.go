package ingest

import (
	"context"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// someID is one of few or of many ids.
func someID(random *rand.Rand, of int) uuid.UUID {
	n := random.IntN(of) + 1
	return uuid.UUID{0: byte(n), 5: byte(n >> 8), 15: byte(n >> 16), 7: 0x40}
}

// TestIndexKnowsWhatASetKnows compares the index with sets by generation, while ids come, are undone, and grow old by hours and by number.
func TestIndexKnowsWhatASetKnows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	organizations := []uuid.UUID{{1}, {2}, {3}}
	x := newIndex(8*time.Hour, 60_000)
	type fact struct{ organization, id uuid.UUID }
	known := map[fact]uint8{} // age
	hour := uint32(480_000)
	x.forget(hour)
	for range 3000 {
		if random.IntN(200) == 0 {
			hour += uint32(random.IntN(3))
		}
		if _, forgot := x.forget(hour); forgot {
			for f, age := range known {
				if !x.common.era.live(age) {
					delete(known, f)
				}
			}
		}
		organization := organizations[random.IntN(random.IntN(3)+1)]
		ids := make([]uuid.UUID, random.IntN(100)+1)
		for i := range ids {
			ids[i] = someID(random, 1<<18)
		}
		sent := append([]uuid.UUID(nil), ids...)
		verdicts := make([]verdict, len(ids))
		fresh := x.judge(hour, organization, ids, window{earliest: 1, latest: 2}, verdicts)
		n := 0
		for i, id := range sent {
			f := fact{organization, id}
			_, before := known[f]
			if before != (verdicts[i].outcome == events.Duplicate) || !before && id != fresh[n] {
				t.Fatalf("%v was known: %v; the index says %v", f, before, verdicts[i])
			}
			if !before {
				n++
				known[f] = ageOf(x.members[organization], id)
			}
		}
		require.Len(t, fresh, n)
		if random.IntN(20) == 0 {
			x.undo(organization, fresh)
			for _, id := range fresh {
				delete(known, fact{organization, id})
			}
		}
		require.Equal(t, len(known), x.count)
		require.LessOrEqual(t, len(x.young), lives)
	}
	require.Greater(t, x.next, uint8(8), "many generations have gone")
	for len(x.sweep) > 0 {
		x.clean()
	}
	held := 0
	for _, m := range x.members {
		held += len(all(m))
		check(t, m, &x.common)
	}
	require.Equal(t, len(known), held, "what is forgotten takes no room once everything is swept")
}

// TestIndexForgetsALittleAtATime fills more than there is room for.
func TestIndexForgetsALittleAtATime(t *testing.T) {
	x := newIndex(24*time.Hour, 1<<20)
	ids := make([]uuid.UUID, 5000)
	least := 0
	for range 400 {
		x.forget(480_000)
		for i := range ids {
			ids[i] = uuid.New()
		}
		x.judge(480_000, uuid.UUID{1}, ids, window{}, make([]verdict, len(ids)))
		if least = x.count; least > 1<<20 {
			break
		}
	}
	x.forget(480_000)
	require.Greater(t, x.count, 1<<20-1<<20/portions-5000, "no more than a portion goes")
	require.LessOrEqual(t, x.count, 1<<20)
}

func TestIndexSaysOfWhatItIsCertain(t *testing.T) {
	acme, start := uuid.UUID{1}, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	x := newIndex(4*time.Hour, 0)
	x.past = start.UnixMicro() // as a log that begins now is loaded
	at := func(d time.Duration) window {
		n := start.Add(d).UnixMicro()
		return window{earliest: n, latest: n}
	}
	judge := func(after time.Duration, w window) time.Time {
		hour := hourOf(start.Add(after))
		x.forget(hour)
		x.judge(hour, acme, []uuid.UUID{uuid.New()}, w, make([]verdict, 1))
		return x.since(acme, w)
	}
	require.Equal(t, events.MinTime, judge(0, at(time.Second)), "it is later than the log")
	require.Zero(t, judge(0, at(-time.Second)), "another log may have had it")
	floating := at(time.Second)
	floating.floats = true
	require.Zero(t, judge(0, floating), "its time may have been another")
	require.Equal(t, events.MinTime, judge(0, at(20*time.Hour)))
	require.Equal(t, events.MinTime, judge(4*time.Hour, at(3*time.Hour)))
	require.Zero(t, judge(12*time.Hour, at(11*time.Hour)), "one that was later is forgotten")
	require.Equal(t, events.MinTime, judge(12*time.Hour, at(21*time.Hour)))
	require.Zero(t, newIndex(0, 0).since(acme, at(0)), "nothing is remembered")
}

// memories is a log that remembers ids, and does nothing else.
type memories struct {
	queue.Queue

	list []queue.Memory
}

// Remembered implements queue.Queue.
func (m memories) Remembered(context.Context, uint32) iter.Seq2[queue.Memory, error] {
	return func(yield func(queue.Memory, error) bool) {
		for _, one := range m.list {
			if !yield(one, nil) {
				return
			}
		}
	}
}

// A request of which only some ids are forgotten is one of which the index is not certain, also when it has them from the log.
func TestARequestThatIsForgottenByHalfIsLookedUp(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	x := newIndex(24*time.Hour, portions<<13)
	acme, other := uuid.UUID{1}, uuid.UUID{2}
	request := func(after time.Duration, organization uuid.UUID, n int) queue.Memory {
		one := queue.Memory{Hour: hourOf(now.Add(after)), IDs: make([]uuid.UUID, n), Organization: organization}
		for i := range one.IDs {
			one.IDs[i] = uuid.New()
		}
		return one
	}
	log := memories{list: []queue.Memory{request(0, other, 1<<13-100), request(3*time.Hour, acme, 300)}}
	require.NoError(t, x.load(t.Context(), log, now.Add(4*time.Hour)))
	require.Len(t, x.young, 2)
	x.drop()
	at := now.Add(3*time.Hour + time.Minute).UnixMicro()
	require.Zero(t, x.since(acme, window{earliest: at, latest: at}))
}

func TestJudgingAllocatesNothing(t *testing.T) {
	x := newIndex(24*time.Hour, 0)
	random := rand.New(rand.NewPCG(1, 2))
	ids, verdicts := make([]uuid.UUID, 100), make([]verdict, 100)
	judge := func() {
		for i := range ids {
			ids[i] = someID(random, 1<<12)
		}
		x.forget(480_000)
		x.judge(480_000, uuid.UUID{1}, ids, window{}, verdicts)
	}
	for x.count < 4000 { // of 4096
		judge()
	}
	require.Zero(t, testing.AllocsPerRun(100, judge))
}

func BenchmarkIndex(b *testing.B) {
	x := newIndex(24*time.Hour, 4<<20)
	const n = 100
	ids, verdicts := make([]uuid.UUID, n), make([]verdict, n)
	random := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for range b.N {
		for i := range ids {
			a, c := random.Uint64(), random.Uint64()
			ids[i] = uuid.UUID{byte(a), byte(a >> 8), byte(a >> 16), byte(a >> 24), byte(c), byte(c >> 8), byte(c >> 16), 1}
		}
		x.forget(480_000)
		x.judge(480_000, uuid.UUID{1}, ids, window{}, verdicts)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}
