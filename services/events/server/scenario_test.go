package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/lease"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/rpc/rpctest"
	eventsmigrations "devtrail.dev/services/events/migrations"
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

// openEngine opens an empty store of a kind.
func openEngine(tb testing.TB, name string) insight.Engine {
	cfg := engines[name](tb)
	cfg.Query = events.DefaultQueryLimits()
	cfg.Query.Time = 2 * time.Minute // what a question may take on a busy machine is not what is tried
	engine, _, err := openStore(tb.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(tb, err)
	return engine
}

func TestEveryScenarioThroughTheDesk(t *testing.T) {
	for name := range engines {
		t.Run(name, func(t *testing.T) {
			scenario.RunThrough(t, func(tb testing.TB) insight.Engine { return openEngine(tb, name) }, rpctest.New)
		})
	}
}

func TestNoTextOfARequestIsCode(t *testing.T) {
	for name := range engines {
		t.Run(name, func(t *testing.T) {
			rpctest.Inject(t, func(tb testing.TB) insight.Engine { return openEngine(tb, name) })
		})
	}
}

func TestNoTextOfTheCatalogIsCode(t *testing.T) {
	for name := range engines {
		t.Run(name, func(t *testing.T) {
			rpctest.InjectCatalog(t, func(tb testing.TB) insight.Engine { return openEngine(tb, name) })
		})
	}
}
