package clickhouse

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// Of instances that set the rules of an organization at the same moment one does, and the rules are those that it was told are set.
func TestInstancesThatSetPrivacyRulesAtOnceAreKeptApart(t *testing.T) {
	t.Parallel()
	const instances, rounds = 4, 10
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	var stores [instances]*Store
	for i := range stores {
		s, err := Open(address, "events-test", storetest.Questions, time.Now)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		stores[i] = s
	}
	organization := uuid.New()
	for revision := range int64(rounds) {
		var mine [instances]events.Privacy
		var errs [instances]error
		var setting sync.WaitGroup
		for i, s := range stores {
			key := uuid.New()
			mine[i] = events.Privacy{
				Key: key[:], Organization: organization, Revision: revision + 1,
				Rules: []events.PrivacyRule{{Action: events.PrivacyHash, Property: key.String()}},
			}
			setting.Go(func() { errs[i] = s.SetPrivacyRules(t.Context(), revision, mine[i]) })
		}
		setting.Wait()
		winner := -1
		for i, err := range errs {
			if err == nil {
				require.Negative(t, winner, "of revision %d", revision+1)
				winner = i
				continue
			}
			require.ErrorIs(t, err, events.ErrPrivacyConflict)
		}
		require.GreaterOrEqual(t, winner, 0)
		for _, s := range stores {
			list, err := s.PrivacyRules(t.Context())
			require.NoError(t, err)
			require.Equal(t, []events.Privacy{mine[winner]}, list)
		}
	}
}
