package torture

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
)

// TestMain is the service itself in the children of a run.
func TestMain(m *testing.M) {
	RunIfService()
	dbtest.Main(m)
}

// short is the short form: each kind of fault once, none of which takes long.
func short(t *testing.T, store string) Config {
	t.Helper()
	dir, err := os.MkdirTemp(os.TempDir(), "torture") //nolint:usetesting // the database's account must be able to reach it
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the files of the run are kept in %s", dir)
			return
		}
		require.NoError(t, os.RemoveAll(dir))
	})
	return Config{Dir: dir, Faults: len(kindsOf(store)), Log: t.Output(), Now: time.Now, Rate: 4000, Seed: 1, Stall: time.Second, Store: store}
}

// TestFaults kills the service and its database, stops them, breaks connections, fills the disk and tears the log while clients send everything, some of
// it again, until it is acknowledged. Nothing that was acknowledged may be missing, and nothing may be there twice.
func TestFaults(t *testing.T) {
	for _, store := range []string{ClickHouse, Postgres} {
		t.Run(store, func(t *testing.T) {
			report, err := Run(t.Context(), short(t, store))
			require.NoError(t, err)
			require.NoError(t, report.Print(t.Output()))
			require.NoError(t, report.Err())
			require.Greater(t, report.Acked, 1000)
			require.Greater(t, report.Aggregates, 100)
		})
	}
}

// TestAServiceThatCannotCountIsFoundOut is a run without dedupe.
func TestAServiceThatCannotCountIsFoundOut(t *testing.T) {
	for _, store := range []string{ClickHouse, Postgres} {
		t.Run(store, func(t *testing.T) {
			cfg := short(t, store)
			cfg.NoDedupe, cfg.Faults, cfg.Kinds = true, 3, []Kind{KillService, CutClients, CutDatabase}
			report, err := Run(t.Context(), cfg)
			require.NoError(t, err)
			require.Zero(t, report.Lost)
			require.Positive(t, report.Duplicate, "the run must find duplicates where nobody looks for them")
			require.ErrorContains(t, report.Err(), "duplicates")
			require.NotEmpty(t, report.Differences, "the clients know better than the aggregates")
		})
	}
}

// TestAStoreThatTrustsTokensIsFoundOut is a run without the reading back of blocks.
func TestAStoreThatTrustsTokensIsFoundOut(t *testing.T) {
	cfg := short(t, ClickHouse)
	cfg.NoReadBack, cfg.Faults, cfg.Kinds = true, 2, []Kind{TokenAlone}
	report, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Positive(t, report.Lost+report.PackagesLost, "the run must find what a server lost that remembers its token")
	require.ErrorContains(t, report.Err(), "lost")
	require.Zero(t, report.Duplicate)
}

// TestADatabaseThatDoesNotSyncIsFoundOut is runs without the settings by which ClickHouse syncs parts: those it was sent, and those that merges make of them.
func TestADatabaseThatDoesNotSyncIsFoundOut(t *testing.T) {
	for name, weaken := range map[string]func(*Config){
		"inserts": func(cfg *Config) { cfg.NoSync, cfg.Kinds = true, []Kind{PowerDatabase} },
		"merges":  func(cfg *Config) { cfg.NoMergeSync, cfg.Kinds = true, []Kind{PowerMerged} },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := short(t, ClickHouse)
			cfg.Faults = 3
			weaken(&cfg)
			report, err := Run(t.Context(), cfg)
			if os.Geteuid() != 0 { // who may not mount a disk is told
				require.ErrorContains(t, err, "can happen here")
				return
			}
			require.NoError(t, err)
			lost := report.Lost
			if cfg.NoMergeSync { // the merges of either table
				lost += report.PackagesLost
			}
			require.Positive(t, lost, "the run must find what was in memory alone when the power was lost")
			require.ErrorContains(t, report.Err(), "lost")
			require.Zero(t, report.Duplicate)
		})
	}
}
