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

// blockOf makes a block of events that are new by the word of the log.
func blockOf(number uint64, again bool, list []events.Event) *queue.Block {
	frame := queue.Frame{Decision: queue.Decision{Since: events.MinTime}, Events: list, Organization: org, Received: noon}
	b := queue.NewBlock(queue.Cut{Number: number, To: queue.AllEvents, UpTo: 1}, []queue.Record{{Frame: frame.Encode(nil), Position: 1}}, time.Time{})
	b.Again = again
	return b
}

func take(t *testing.T, s *Store, b *queue.Block) {
	t.Helper()
	known, err := s.StoreBlock(t.Context(), b)
	require.NoError(t, err)
	require.Empty(t, known)
}

func TestABlockThatWasCutOffIsCompleted(t *testing.T) {
	t.Parallel()
	url := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	batch := years(t, 0, 10)
	dying := reopen(t, url)
	dying.between = func() error { return errKilled }
	_, err := dying.StoreBlock(t.Context(), blockOf(7, false, batch))
	require.ErrorIs(t, err, errKilled)

	s := reopen(t, url)
	listed, exposed := count(t, s) // a reader settles the packages
	require.Equal(t, 10, listed)
	require.Equal(t, 10, exposed)
	for range 2 {
		take(t, s, blockOf(7, true, batch))
		listed, exposed = count(t, s)
		require.Equal(t, 10, listed)
		require.Equal(t, 10, exposed)
	}
}

// A server that was killed between writing a token and publishing the part remembers a token whose rows are not there. Here the rows are taken away behind
// the token's back.
func TestRowsThatAServerLostUnderATokenAreFoundOut(t *testing.T) {
	t.Parallel()
	url := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	s := reopen(t, url)
	batch := years(t, 0, 10) // five years
	take(t, s, blockOf(7, false, batch))
	lose := func() {
		t.Helper()
		for _, table := range []string{"events", "event_packages"} { // dropping the partition would drop its tokens
			require.NoError(t, s.conn.Exec(t.Context(), "ALTER TABLE "+table+" DELETE WHERE toYear(occurred_at) = 2024 SETTINGS mutations_sync = 2"))
		}
	}
	lose()
	listed, exposed := count(t, s)
	require.Equal(t, 8, listed)
	require.Equal(t, 8, exposed)
	take(t, s, blockOf(7, true, batch))
	listed, exposed = count(t, s)
	require.Equal(t, 10, listed)
	require.Equal(t, 10, exposed)

	// The negative control: who trusts the server's answer to the token alone loses them.
	trusting := reopen(t, url)
	trusting.TrustTokens()
	take(t, trusting, blockOf(8, false, years(t, 20, 5)))
	lose()
	take(t, trusting, blockOf(8, true, years(t, 20, 5)))
	listed, _ = count(t, trusting)
	require.Equal(t, 8+4, listed)
	take(t, s, blockOf(8, true, years(t, 20, 5)))
	listed, _ = count(t, s)
	require.Equal(t, 8+5, listed)
}

func TestABlockThatLandsAfterItWasThoughtLostDoesNotCountTwice(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	batch := years(t, 0, 10)
	take(t, s, blockOf(7, true, batch))  // found nothing and sent it
	take(t, s, blockOf(7, false, batch)) // the attempt before it, late
	listed, exposed := count(t, s)
	require.Equal(t, 10, listed)
	require.Equal(t, 10, exposed)

	// The negative control: the same rows in another block count again.
	take(t, s, blockOf(8, false, batch))
	listed, _ = count(t, s)
	require.Equal(t, 20, listed)
}

func TestBlocksOverASlowLinkAreCompressed(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse())+"?compress=lz4")
	take(t, s, blockOf(7, false, years(t, 0, 10)))
	listed, exposed := count(t, s)
	require.Equal(t, 10, listed)
	require.Equal(t, 10, exposed)
}

// More packages than the server takes in one block by default.
func TestABlockIsOneBlockHoweverManyRowsItHas(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	e := years(t, 0, 1)[0]
	e.Packages = nil
	for range events.MaxPackages {
		e.Packages = append(e.Packages, "pkg:npm/x@"+time.Duration(len(e.Packages)).String())
	}
	list := make([]events.Event, 11_000)
	for i := range list {
		list[i] = e
		list[i].ID[0], list[i].ID[1] = byte(i>>8), byte(i)
	}
	b := blockOf(7, true, list) // reading back tells it
	take(t, s, b)
	there, err := s.readBack(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, map[int]counts{noon.Year(): {events: 11_000, packages: 1_100_000}}, there)
}
