package clickhouse

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
	"devtrail.dev/services/events/storetest/scenario"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// open returns a store on a fresh database.
func open(tb testing.TB) insight.Engine {
	tb.Helper()
	s, err := Open(dbtest.ClickHouse(tb, eventsmigrations.ClickHouse()), "events-test", storetest.Questions, time.Now)
	require.NoError(tb, err)
	return s
}

// TestStore runs the suite, and then sees that the server recorded no use of a column that reads.txt lacks.
func TestStore(t *testing.T) {
	var mu sync.Mutex
	var databases []string
	t.Cleanup(func() { // after all cases
		require.Subset(t, Reads(), seen(t, databases...), "reads.txt lacks a column that the store uses; run tools/generate")
	})
	storetest.Run(t, func(tb testing.TB) insight.Engine {
		address := dbtest.ClickHouse(tb, eventsmigrations.ClickHouse())
		mu.Lock()
		databases = append(databases, databaseOf(t, address))
		mu.Unlock()
		s, err := Open(address, "events-test", storetest.Questions, time.Now)
		require.NoError(tb, err)
		return s
	})
}

func TestModel(t *testing.T) { storetest.Model(t, open, 3, 80) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, open) }

func TestInsights(t *testing.T) { storetest.RunInsights(t, open) }

func TestScenarios(t *testing.T) { scenario.Run(t, open) }

func TestRandomInsights(t *testing.T) { storetest.RunRandom(t, open, 8) }
