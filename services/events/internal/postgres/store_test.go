package postgres

import (
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
	s, err := Open(tb.Context(), dbtest.Limited(tb, dbtest.Postgres(tb, eventsmigrations.Postgres()), Reads()), "events-test", storetest.Questions, time.Now)
	require.NoError(tb, err)
	return s
}

func TestAnAddressThatCannotBeReadTellsNoPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://u:hunter%zz@h/db", "postgres://u:hunter/2@h/db", "postgres://u:hunter 2@h:port/db"} {
		_, err := Open(t.Context(), address, "events", storetest.Questions, time.Now)
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "hunter", address)
	}
}

func TestStore(t *testing.T) { storetest.Run(t, open) }

func TestModel(t *testing.T) { storetest.Model(t, open, 4, 150) }

func TestInsights(t *testing.T) { storetest.RunInsights(t, open) }

func TestScenarios(t *testing.T) { scenario.Run(t, open) }

func TestRandom(t *testing.T) { storetest.RunRandom(t, open, 200) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, open) }
