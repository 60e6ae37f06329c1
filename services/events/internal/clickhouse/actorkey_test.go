package clickhouse

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// A block has the key of an actor that the server would make: overrides are found by it. The actors take turns, so that each is met again and forgotten again.
func TestABlockHasTheKeysThatTheServerMakes(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	batch := years(t, 0, 400)
	for i := range batch {
		value := strings.Repeat("ä", i%37) + strconv.Itoa(i%91)
		batch[i].Actor = events.Identity{Kind: events.FirstIdentityKind + events.IdentityKind(i%int(events.LastIdentityKind)), Value: value}
	}
	batch[0].Actor = events.Identity{} // nobody
	take(t, s, blockOf(7, false, batch))
	for _, table := range foldedTables {
		var rows, wrong, keys uint64
		err := s.conn.QueryRow(t.Context(), "SELECT count(), countIf(actor_key != sipHash64(actor_kind, actor_value)), uniqExact(actor_key) FROM "+table).Scan(&rows, &wrong, &keys)
		require.NoError(t, err)
		require.GreaterOrEqual(t, rows, uint64(len(batch)))
		require.Zero(t, wrong, table)
		require.Greater(t, keys, uint64(200), table)
	}
}
