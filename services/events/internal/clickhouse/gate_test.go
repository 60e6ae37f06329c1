package clickhouse

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// doubted makes a block of events that all may be known.
func doubted(number uint64, list []events.Event) *queue.Block {
	frame := queue.Frame{Decision: queue.Decision{Since: events.MinTime}, Events: list, Organization: org, Received: noon}
	return queue.NewBlock(queue.Cut{Number: number, To: queue.AllEvents, UpTo: 1}, []queue.Record{{Frame: frame.Encode(nil), Position: 1}}, noon.AddDate(1, 0, 0))
}

// ways are the two ways into the store.
func ways(batch []events.Event) map[string]func(*testing.T, *Store) error {
	return map[string]func(*testing.T, *Store) error{
		"a batch": func(t *testing.T, s *Store) error {
			_, err := s.Append(t.Context(), org, batch)
			return err
		},
		"a block": func(t *testing.T, s *Store) error {
			_, err := s.StoreBlock(t.Context(), doubted(7, batch))
			return err
		},
	}
}

// joined tells whether an insert is under way.
func (g gate) joined() bool {
	if g.places.TryAcquire(everybody) {
		g.open()
		return false
	}
	return true
}

// wanted tells whether somebody waits to be alone: nobody may join then.
func (g gate) wanted() bool {
	if g.places.TryAcquire(1) {
		g.leave()
		return false
	}
	return true
}

// ends fails when something takes longer than any insert of a test.
func ends(t *testing.T, what string, end <-chan error) {
	t.Helper()
	select {
	case err := <-end:
		require.NoError(t, err, what)
	case <-time.After(2 * time.Minute): // a busy machine takes seconds for a statement
		require.Fail(t, what+" does not end")
	}
}

// TestAnInsertDoesNotWaitForItself has an insert read what is promoted after another has failed: what that left is settled when no insert is under way.
func TestAnInsertDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	for name, store := range ways(years(t, 0, 5)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
			require.NoError(t, s.Ready(t.Context()))
			s.lives.Lock() // both ask for the life of the server when they have their place
			end := make(chan error, 1)
			go func() { end <- store(t, s) }()
			require.Eventually(t, s.inserting.joined, time.Minute, time.Millisecond)
			asked := func() bool { return len(s.claims.ids()) == 5 }
			require.Eventually(t, asked, time.Minute, time.Millisecond)
			s.unsettled.Store(true)
			s.lives.Unlock()
			ends(t, name, end)
			listed, exposed := count(t, s)
			require.Equal(t, 5, listed)
			require.Equal(t, 5, exposed)
		})
	}
}

// ids are those that are claimed.
func (c *claims) ids() (held []key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.held {
		held = append(held, k)
	}
	return held
}

// TestWhoHasIDsHasAPlace has somebody want to be alone while a block is under way that waits for ids. Had a batch taken those before it waits at the gate, the
// block would wait for the batch, the batch for whoever wants to be alone, and that one for the block.
func TestWhoHasIDsHasAPlace(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	require.NoError(t, s.Ready(t.Context()))
	list := years(t, 0, 5)
	require.NoError(t, s.inserting.join(t.Context())) // as a block does
	alone, batch, block := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		err := s.inserting.alone(t.Context())
		if err == nil {
			s.inserting.open()
		}
		alone <- err
	}()
	require.Eventually(t, s.inserting.wanted, time.Minute, time.Millisecond)
	go func() { batch <- ways(list)["a batch"](t, s) }()
	assert.Never(t, func() bool { return len(s.claims.ids()) > 0 }, 300*time.Millisecond, 5*time.Millisecond, "a batch has ids and no place")
	go func() {
		release, err := s.claims.take(t.Context(), idsOf(list))
		if err == nil {
			release()
		}
		s.inserting.leave()
		block <- err
	}()
	ends(t, "the block", block)
	ends(t, "who wants to be alone", alone)
	ends(t, "the batch", batch)
}

// TestIDsAreLookedUpWhenItIsKnownWhatBecameOfThem has an insert fail while another waits for its ids.
func TestIDsAreLookedUpWhenItIsKnownWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	require.NoError(t, s.Ready(t.Context()))
	ids := idsOf(years(t, 0, 5))
	release, err := s.claims.take(t.Context(), ids)
	require.NoError(t, err)
	end := make(chan error, 1)
	go func() {
		leave, err := s.joinClaiming(t.Context(), ids)
		if err == nil {
			assert.False(t, s.unsettled.Load())
			leave()
		}
		end <- err
	}()
	require.Eventually(t, s.inserting.joined, time.Minute, time.Millisecond)
	s.unsettled.Store(true)
	release()
	ends(t, "the other", end)
	require.False(t, s.inserting.joined())
	require.Empty(t, s.claims.ids())
}

func idsOf(list []events.Event) map[uuid.UUID][]uuid.UUID {
	of := make(map[uuid.UUID][]uuid.UUID)
	for _, e := range list {
		of[org] = append(of[org], e.ID)
	}
	return of
}
