package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/lease"
	"devtrail.dev/services/events/internal/rpc/rpctest"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
	"devtrail.dev/services/events/storetest/scenario"
)

// openPostgres returns an empty store of Postgres.
func openPostgres(tb testing.TB) storetest.InsightStore {
	engine, _, err := openStore(tb.Context(), Config{Store: storePostgres, PostgresURL: dbtest.Postgres(tb, eventsmigrations.Postgres())}, lease.New("events"), time.Now)
	require.NoError(tb, err)
	store, ok := engine.(storetest.InsightStore)
	require.True(tb, ok)
	return store
}

func TestEveryScenarioThroughTheDeskOnPostgres(t *testing.T) {
	scenario.RunThrough(t, openPostgres, rpctest.New)
}

func TestNoTextOfARequestIsCodeToPostgres(t *testing.T) {
	rpctest.Inject(t, openPostgres)
}
