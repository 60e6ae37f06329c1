package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestAFoldEndsInsertsThatWereGivenUp has the server at an insert whose connection was cut: it was stamped before the merge, and would land after the fold.
func TestAFoldEndsInsertsThatWereGivenUp(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	require.NoError(t, s.Ready(t.Context()))
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	require.NoError(t, s.inserting.join(t.Context())) // as StoreBlock does
	landed := make(chan error, 1)
	go func() {
		landed <- s.conn.Exec(s.isolated(t.Context(), "e/1/1/0", "e/1/1/0"), `
INSERT INTO events (organization_id, name, id, developer_id, actor_kind, actor_value, occurred_at, received_at, source_kind, tool, tool_version, machine, project,
    packages, package_rows, session_id, properties, block_id)
SELECT '`+org.String()+`', 'a', generateUUIDv4(), '`+storetest.ID("ada").String()+`', 1, '`+identity.Value+`', now64(6), now64(6), 3, 'git', '', '', '', [], 0, '', '{}', 1
FROM numbers(300)
WHERE sleep(1) = 0
SETTINGS max_block_size = 1`)
	}()
	running := func() bool {
		var n uint64
		require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE startsWith(query_id, $1)", s.prefix).Scan(&n))
		return n == 1
	}
	require.Eventually(t, running, time.Minute, 5*time.Millisecond)
	require.NoError(t, s.Reassign(t.Context(), org, []events.Reassignment{{Identity: identity, DeveloperID: storetest.ID("bob"), Sequence: 1}}))
	folded := make(chan error, 1)
	go func() {
		n, err := s.Fold(t.Context(), 10)
		assert.Equal(t, 1, n)
		folded <- err
	}()
	waiting := func() bool { // nobody may join once somebody waits to be alone
		if s.inserting.places.TryAcquire(1) {
			s.inserting.leave()
			return false
		}
		return true
	}
	require.Eventually(t, waiting, time.Minute, 5*time.Millisecond)
	s.unsettled.Store(true) // the connection is cut
	s.inserting.leave()
	require.NoError(t, <-folded)
	require.ErrorContains(t, <-landed, "cancelled")
	list, err := s.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 10})
	require.NoError(t, err)
	require.Empty(t, list)
}
