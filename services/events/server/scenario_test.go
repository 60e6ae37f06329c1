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

// engines are the settings of an empty store of each kind.
var engines = map[string]func(tb testing.TB) Config{
	storeClickHouse: func(tb testing.TB) Config {
		return Config{Store: storeClickHouse, ClickHouseURL: dbtest.ClickHouse(tb, eventsmigrations.ClickHouse())}
	},
	storePostgres: func(tb testing.TB) Config {
		return Config{Store: storePostgres, PostgresURL: dbtest.Postgres(tb, eventsmigrations.Postgres())}
	},
}

// onEngines runs a test with a way to open each engine.
func onEngines(t *testing.T, test func(t *testing.T, open storetest.OpenInsightFunc)) {
	for name, config := range engines {
		t.Run(name, func(t *testing.T) {
			test(t, func(tb testing.TB) storetest.InsightStore {
				engine, _, err := openStore(tb.Context(), config(tb), lease.New("events"), time.Now)
				require.NoError(tb, err)
				store, ok := engine.(storetest.InsightStore)
				require.True(tb, ok)
				return store
			})
		})
	}
}

func TestEveryScenarioThroughTheDesk(t *testing.T) {
	onEngines(t, func(t *testing.T, open storetest.OpenInsightFunc) { scenario.RunThrough(t, open, rpctest.New) })
}

func TestNoTextOfARequestIsCode(t *testing.T) { onEngines(t, rpctest.Inject) }
