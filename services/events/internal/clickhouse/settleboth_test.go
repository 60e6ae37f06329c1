package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestAnInstanceThatSettlesDoesNotFailAnotherThatDoes has an instance complete a block so slowly that another, which settles too, ends its insert.
func TestAnInstanceThatSettlesDoesNotFailAnotherThatDoes(t *testing.T) {
	t.Parallel()
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	dying, slow, other := reopen(t, address), reopen(t, address), reopen(t, address)
	dying.between = func() error { return errKilled }
	_, err := dying.Append(t.Context(), org, years(t, 0, 5))
	require.ErrorIs(t, err, errKilled)
	require.NoError(t, dying.conn.Exec(t.Context(), "ALTER TABLE event_packages ADD CONSTRAINT slow CHECK sleepEachRow(0.25) = 0")) // of ten rows; the server allows 3 s
	completed := make(chan error, 1)
	go func() { completed <- slow.Ready(t.Context()) }()
	completing := func() bool {
		var n uint64
		require.NoError(t, dying.conn.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE startsWith(query_id, $1)", dying.prefix+"p/").Scan(&n))
		return n == 1 || len(completed) == 1 // which a slow machine sees too late
	}
	require.Eventually(t, completing, time.Minute, time.Millisecond)
	require.NoError(t, other.Ready(t.Context()))
	require.NoError(t, <-completed)
	listed, exposed := count(t, dying)
	require.Equal(t, 5, listed)
	require.Equal(t, 5, exposed)
}
