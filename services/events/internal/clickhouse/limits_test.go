package clickhouse

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestTheLimitsOfQuestionsAreNoneOfWhatIsStored has questions send few rows, and takes in events that are known already, reassigns identities and
// learns days, more of each than those rows.
func TestTheLimitsOfQuestionsAreNoneOfWhatIsStored(t *testing.T) {
	t.Parallel()
	const many = 1500
	limits := events.QueryLimits{Time: 15 * time.Second, MemoryBytes: 4 << 30, ResultRows: 1000}
	require.NoError(t, limits.Validate())
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	s.Limit(limits)
	batch := years(t, 0, many)
	changes := make([]events.Reassignment, many)
	for i := range batch {
		batch[i].Actor = events.Identity{Kind: 1, Value: fmt.Sprint("person ", i)}
		changes[i] = events.Reassignment{DeveloperID: storetest.ID("bob"), Identity: batch[i].Actor, Sequence: int64(i + 1)}
	}
	for _, want := range []events.Outcome{events.Stored, events.Duplicate} {
		outcomes, err := s.Append(t.Context(), org, batch)
		require.NoError(t, err, want)
		require.Equal(t, want, outcomes[0])
	}
	for range 2 {
		require.NoError(t, s.Reassign(t.Context(), org, changes))
		list, err := s.List(t.Context(), org, events.ListQuery{Limit: 1, Range: events.AllTime})
		require.NoError(t, err)
		require.Equal(t, storetest.ID("bob"), list[0].DeveloperID)
	}
	_, err := s.StoreBlock(t.Context(), blockOf(7, false, years(t, many, many)))
	require.NoError(t, err)
	_, err = s.Fold(t.Context(), 2*many)
	require.NoError(t, err)
	days := make([]catalog.LearnedDay, many)
	for i := range days {
		days[i].Day, days[i].Events = int32(20_000-i), 1
	}
	require.NoError(t, s.Learn(t.Context(), org, days))
	learned, err := s.LearnedDays(t.Context(), org)
	require.NoError(t, err)
	require.Len(t, learned, many)
}
