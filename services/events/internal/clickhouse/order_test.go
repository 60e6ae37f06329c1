package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// crowd makes events of many people in no order.
func crowd(random *rand.Rand, count int) []events.Event {
	list := make([]events.Event, count)
	people := make([]uuid.UUID, 200)
	for i := range people {
		people[i] = uuid.New()
	}
	for i := range list {
		e := &list[i]
		e.ID, e.DeveloperID = uuid.New(), people[random.IntN(len(people))]
		e.Actor = events.Identity{Kind: events.FirstIdentityKind, Value: e.DeveloperID.String()}
		e.Name = [...]string{"commit", "build", "a", "file.saved", "Build"}[random.IntN(5)]
		e.OccurredAt = noon.Add(-time.Duration(random.Int64N(int64(400 * 24 * time.Hour)))).Truncate(time.Microsecond)
		e.Properties = "{}"
		for range random.IntN(4) {
			e.Packages = append(e.Packages, fmt.Sprintf("pkg:npm/p%d@%d", random.IntN(30), random.IntN(12)))
		}
	}
	return list
}

// mixed makes a block of events of several organizations, some of them more than once.
func mixed(number uint64, organizations int, list []events.Event) *queue.Block {
	of := make([]uuid.UUID, organizations)
	for i := range of {
		of[i] = uuid.New()
	}
	var records []queue.Record
	for n := 0; n*50 < len(list); n++ {
		frame := queue.Frame{Decision: queue.Decision{Since: events.MinTime}, Events: list[n*50 : n*50+50], Organization: of[n*7%organizations], Received: noon}
		records = append(records, queue.Record{Frame: frame.Encode(nil), Position: queue.Position(n + 1)})
	}
	return queue.NewBlock(queue.Cut{Number: number, To: queue.AllEvents, UpTo: queue.Position(len(records))}, records, time.Time{})
}

// The server sorts what does not come in the order of a table's key, at the price of half an insert. It counts the parts for which it had not to.
func TestTheServerNeedNotSortABlock(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	s := reopen(t, address)
	sorted := func(table string) (parts, sorted uint64) {
		t.Helper()
		flushQueryLog(t)
		err := s.conn.QueryRow(t.Context(), `
SELECT sum(ProfileEvents['MergeTreeDataWriterBlocks']), sum(ProfileEvents['MergeTreeDataWriterBlocksAlreadySorted'])
FROM system.query_log
WHERE type = 'QueryFinish' AND query_kind = 'Insert' AND has(tables, $1)`, table).Scan(&parts, &sorted)
		require.NoError(t, err)
		return parts, sorted
	}
	for n, organizations := range []int{1, 5} {
		take(t, s, mixed(uint64(n+1), organizations, crowd(random, 2000)))
	}
	for _, table := range foldedTables {
		parts, inOrder := sorted(databaseOf(t, address) + "." + table)
		require.EqualValues(t, 4, parts, "two years in two blocks")
		require.Equal(t, parts, inOrder, table)
	}
	_, err := s.Append(t.Context(), org, crowd(random, 1000)) // as they came
	require.NoError(t, err)
	for _, table := range foldedTables {
		parts, inOrder := sorted(databaseOf(t, address) + "." + table)
		require.EqualValues(t, 6, parts)
		require.EqualValues(t, 4, inOrder, table)
	}
}
