package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/storetest"
)

// TestADigestOfEventsThatNobodyCountedYet asks when the engine has no statistics: it takes the tables for nearly empty then.
func TestADigestOfEventsThatNobodyCountedYet(t *testing.T) {
	t.Parallel()
	s, other := observedStore(t, "digest-test")
	for _, table := range []string{"events", "event_packages"} {
		_, err := other.Exec(t.Context(), "ALTER TABLE "+table+" SET (autovacuum_enabled = false)")
		require.NoError(t, err)
	}
	org, start := storetest.ID("org"), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	const count, packages = 30_000, 100
	for first := 0; first < count; first += 5000 {
		batch := make([]events.Event, 5000)
		for i := range batch {
			n := first + i
			e, err := events.Event{
				ID: storetest.ID(fmt.Sprint("event ", n)), Name: events.ManifestEvents[0], OccurredAt: start.Add(time.Duration(n) * time.Second),
				Packages: []string{fmt.Sprintf("pkg:npm/p%d@%d", n%packages, n)}, Project: "github.com/own/x",
				Actor: events.Identity{Kind: 1, Value: "ada@example.org"}, Source: events.Source{Kind: events.SourceGit},
			}.Canonical(start)
			require.NoError(t, err)
			batch[i] = e
		}
		_, err := s.Append(t.Context(), org, batch)
		require.NoError(t, err)
	}
	var analyzed int
	require.NoError(t, other.QueryRow(t.Context(), "SELECT count(*) FROM pg_statistic WHERE starelid IN ('events'::regclass, 'event_packages'::regclass)").Scan(&analyzed))
	require.Zero(t, analyzed)

	end := start.Add(24 * time.Hour)
	q, err := events.NewDigestQuery(&start, &end)
	require.NoError(t, err)
	q.Limit = 10
	digest, err := s.Digest(t.Context(), org, q)
	require.NoError(t, err)
	require.Equal(t, packages, digest.Packages.Total)
	require.EqualValues(t, count/packages, digest.Packages.Rows[0].Added)
}
