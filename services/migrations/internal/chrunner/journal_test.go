package chrunner

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/schema"
)

// TestAHistoryOfAnEarlierBuildIsCompleted has one as the first builds made it, and one that is made now beside it.
func TestAHistoryOfAnEarlierBuildIsCompleted(t *testing.T) {
	t.Parallel()
	earlier, now := newSite(t, Config{}), newSite(t, Config{})
	earlier.exec(`
CREATE TABLE {db}.` + schema.HistoryTable + ` (version Int64, name String, statement UInt32, checksum String, state Enum8('started' = 1, 'done' = 2, 'failed' = 3),
    at DateTime64(6, 'UTC') DEFAULT now64(6), duration_ms Int64, applied_by String, message String)
ENGINE = MergeTree ORDER BY (version, statement, at)`)
	texts := map[string]string{"0001_t.sql": "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"}
	columns := func(s *site) []string {
		require.NoError(t, s.apply(texts))
		engine := s.columnIn("SELECT engine_full FROM system.tables WHERE database = '{db}' AND name = '" + schema.HistoryTable + "'")
		require.Contains(t, engine[0], "fsync_after_insert = 1, fsync_part_directory = 1", "a row outlives a loss of power")
		return s.columnIn("SELECT concat(name, ' ', type) FROM system.columns WHERE database = '{db}' AND table = '" + schema.HistoryTable + "' ORDER BY position")
	}
	require.Equal(t, columns(now), columns(earlier))
}
