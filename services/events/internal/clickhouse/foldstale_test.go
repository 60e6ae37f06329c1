package clickhouse

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestAReassignmentThatLandsBehindAFoldIsNone has another instance look what is known of an identity, wait, and write its reassignment when a later one is folded.
// Beside it so many others are pending that overrides are compared, joined, and more than are known.
func TestAReassignmentThatLandsBehindAFoldIsNone(t *testing.T) {
	t.Parallel()
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	for _, others := range []int{0, 1, mostCompared + 1, mostKnown + 1} {
		t.Run(fmt.Sprintf("beside %d", others), func(t *testing.T) { behindAFold(t, reopen(t, address), uuid.New(), others) })
	}
}

func behindAFold(t *testing.T, s *Store, organization uuid.UUID, others int) {
	t.Helper()
	ada, owner, older, newer := events.Identity{Kind: 1, Value: "ada@example.org"}, storetest.ID("owner"), storetest.ID("older"), storetest.ID("newer")
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	batch := []events.Event{{Actor: ada, DeveloperID: owner, ID: uuid.New(), Name: "x", OccurredAt: at, ReceivedAt: at, Project: "p", Properties: "{}"}}
	_, err := s.Append(t.Context(), organization, batch)
	require.NoError(t, err)
	require.NoError(t, s.Reassign(t.Context(), organization, []events.Reassignment{{DeveloperID: newer, Identity: ada, Sequence: 7}}))
	fold := func(want int) {
		t.Helper()
		n, err := s.Fold(t.Context(), 100_000)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	fold(1)
	require.NoError(t, s.conn.Exec(t.Context(), "INSERT INTO identity_overrides (organization_id, actor_kind, actor_value, developer_id, sequence) VALUES ($1, 1, $2, $3, 5)", organization, ada.Value, older))
	changes := make([]events.Reassignment, others)
	for i := range changes {
		changes[i] = events.Reassignment{DeveloperID: older, Identity: events.Identity{Kind: 1, Value: fmt.Sprint("person ", i)}, Sequence: int64(i + 8)}
	}
	if others > 0 {
		require.NoError(t, s.Reassign(t.Context(), organization, changes))
	}
	s.overrides.Forget(organization)
	check := func(when string) {
		t.Helper()
		for _, basic := range []bool{false, true} {
			list, err := s.List(t.Context(), organization, events.ListQuery{Basic: basic, Limit: 10, Range: events.AllTime})
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, newer, list[0].DeveloperID, when)
		}
		for developer, want := range map[uuid.UUID]float64{older: 0, newer: 1} {
			rows, err := s.TrendRows(t.Context(), organization, insight.TrendsQuery{
				Buckets:  []time.Time{at},
				Question: insight.Question{By: insight.Developers, Filter: events.Filter{DeveloperIDs: []uuid.UUID{developer}}, Range: events.Range{Start: at, End: at.AddDate(0, 0, 7)}},
				Series:   []insight.Series{{Matcher: insight.Matcher{{}}, Math: insight.UniqueActors}},
			})
			require.NoError(t, err)
			total := 0.0
			for _, row := range rows {
				total += row.Total
			}
			require.InDelta(t, want, total, 0, when)
		}
	}
	check("behind the fold")
	fold(others)
	check("folded again")
	n, err := s.Pending(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}
