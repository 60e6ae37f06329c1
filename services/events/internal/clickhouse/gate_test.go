package clickhouse

import (
	"testing"
	"time"

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

// ends fails when something takes longer than any insert of a test.
func ends(t *testing.T, what string, end <-chan error) {
	t.Helper()
	select {
	case err := <-end:
		require.NoError(t, err, what)
	case <-time.After(20 * time.Second):
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
