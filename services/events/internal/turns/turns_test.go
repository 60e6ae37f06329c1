package turns

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var a, b, c = uuid.New(), uuid.New(), uuid.New()

func take(t *testing.T, turns *Turns, organization uuid.UUID) func() {
	t.Helper()
	release, err := turns.Take(t.Context(), organization)
	require.NoError(t, err)
	return release
}

// queue lets a call wait and tells by the channel when it has its turn.
func queue(t *testing.T, turns *Turns, organization uuid.UUID) <-chan func() {
	t.Helper()
	before := turns.waiters(organization)
	got := make(chan func(), 1)
	go func() {
		if release, err := turns.Take(t.Context(), organization); err == nil {
			got <- release
		}
	}()
	require.Eventually(t, func() bool { return turns.waiters(organization) == before+1 }, 20*time.Second, time.Millisecond)
	return got
}

func (t *Turns) waiters(organization uuid.UUID) int {
	s := <-t.state
	defer func() { t.state <- s }()
	return len(s.waiting[organization])
}

func TestAnOrganizationThatAsksMuchDoesNotStarveAnother(t *testing.T) {
	turns := New(Limits{Total: 4, Each: 3, Wait: time.Minute})
	var held []func()
	for range 3 {
		held = append(held, take(t, turns, a))
	}
	waits := queue(t, turns, a)
	held = append(held, take(t, turns, b)) // at once, though a has asked before
	require.Empty(t, waits)
	held[0]()
	held = append(held[1:], <-waits)
	for _, release := range held {
		release()
	}
}

func TestTurnsGoRound(t *testing.T) {
	turns := New(Limits{Total: 1, Each: 1, Wait: time.Minute})
	release := take(t, turns, a)
	first, second := queue(t, turns, a), queue(t, turns, a)
	other, third := queue(t, turns, b), queue(t, turns, c)
	for _, next := range []<-chan func(){first, other, third, second} {
		release()
		select {
		case release = <-next:
		case <-time.After(20 * time.Second):
			require.Fail(t, "another had the turn")
		}
	}
	release()
}

func TestWhoWaitsInVainIsToldAndTakesNoTurn(t *testing.T) {
	turns := New(Limits{Total: 1, Each: 1, Wait: time.Millisecond})
	release := take(t, turns, a)
	_, err := turns.Take(t.Context(), b)
	require.ErrorIs(t, err, ErrBusy)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = turns.Take(ctx, b)
	require.ErrorIs(t, err, context.Canceled)
	release()
	take(t, turns, b)()
	require.Zero(t, turns.waiters(b))
}

// TestLimitsHoldUnderLoad has three organizations ask at random and leave at random.
func TestLimitsHoldUnderLoad(t *testing.T) {
	limits := Limits{Total: 5, Each: 3, Wait: 10 * time.Second}
	turns := New(limits)
	var all atomic.Int64
	running := map[uuid.UUID]*atomic.Int64{a: {}, b: {}, c: {}}
	var asking sync.WaitGroup
	for range 60 {
		for organization, mine := range running {
			asking.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if rand.IntN(4) == 0 {
					go cancel()
				}
				release, err := turns.Take(ctx, organization)
				if err != nil {
					return
				}
				if all.Add(1) > int64(limits.Total) || mine.Add(1) > int64(limits.Each) {
					t.Error("a limit is broken")
				}
				mine.Add(-1)
				all.Add(-1)
				release()
			})
		}
	}
	asking.Wait()
	s := <-turns.state
	require.Zero(t, s.all)
	require.Empty(t, s.running)
	require.Empty(t, s.waiting)
	require.Empty(t, s.ring)
	turns.state <- s
}
