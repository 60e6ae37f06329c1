package chrunner

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// blocks makes a SELECT go to the table a thousand rows at a time.
const blocks = " SETTINGS max_block_size = 1000, min_insert_block_size_rows = 1000, max_threads = 1"

// TestAnInsertThatFailsBehindItsFirstRowsIsNotRepeated has statements of which the server keeps a part, faster than it tells of it.
func TestAnInsertThatFailsBehindItsFirstRowsIsNotRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"in a later block": "INSERT INTO t SELECT number, toString(throwIf(number = 5000)) FROM numbers(10000)" + blocks,
		"in a view":        "INSERT INTO watched SELECT number FROM numbers(10)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Config{})
			texts := maps.Clone(base)
			require.NoError(t, s.apply(texts))
			s.exec("CREATE TABLE {db}.watched (a UInt64) ENGINE = MergeTree ORDER BY a",
				"CREATE MATERIALIZED VIEW {db}.watching TO {db}.t AS SELECT a, toString(throwIf(a = 7)) AS b FROM {db}.watched")
			texts["0002_rows.sql"] = text
			const rows = "SELECT toString((SELECT count() FROM t) + (SELECT count() FROM watched))"
			err := s.apply(texts)
			require.ErrorContains(t, err, "throwIf")
			require.ErrorContains(t, err, "a part of its rows may be there")
			there := s.columnIn(rows)
			require.NotEqual(t, []string{"0"}, there)
			for range 2 {
				s.reopen()
				err = s.apply(texts)
				require.ErrorIs(t, err, migrations.ErrRefused)
				require.ErrorContains(t, err, "0002_rows.sql line 1: INSERT was cut off in an earlier attempt")
				require.Equal(t, there, s.columnIn(rows))
			}
			texts["0002_rows.sql"] = "INSERT INTO t SELECT number, 'x' FROM numbers(10000) WHERE number NOT IN (SELECT a FROM t)"
			require.NoError(t, s.apply(texts))
			require.Equal(t, []string{"10000"}, s.columnIn("SELECT toString(count()) FROM t"))
		})
	}
}

// TestAFillThatLeftNothingIsRepeated has statements that fail before the first row is kept: when what they lack is there, they come to their end as they are.
func TestAFillThatLeftNothingIsRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"before its start":   "INSERT INTO t SELECT a, 'x' FROM later",
		"in the first block": "INSERT INTO t SELECT number, toString(throwIf((SELECT count() FROM {db}.gate) = 0)) FROM numbers(10)",
		"in another table":   "CREATE OR REPLACE TABLE watched ENGINE = MergeTree ORDER BY a AS SELECT number AS a, toString(throwIf(a = 5000 AND (SELECT count() FROM gate) = 0)) AS b FROM numbers(10000)" + blocks,
		"in a new table":     "CREATE TABLE n ENGINE = MergeTree ORDER BY a AS SELECT number AS a, toString(throwIf(a = 5000 AND (SELECT count() FROM gate) = 0)) AS b FROM numbers(10000)" + blocks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Config{})
			texts := maps.Clone(base)
			require.NoError(t, s.apply(texts))
			s.exec("CREATE TABLE {db}.gate (a UInt64) ENGINE = MergeTree ORDER BY a", "CREATE TABLE {db}.watched (a UInt64) ENGINE = MergeTree ORDER BY a")
			texts["0002_rows.sql"] = s.named(text)
			for range 2 {
				err := s.apply(texts)
				require.Error(t, err)
				require.NotErrorIs(t, err, migrations.ErrRefused)
				require.NotContains(t, err.Error(), "a part of its rows")
			}
			s.exec("INSERT INTO {db}.gate VALUES (1)", "CREATE TABLE {db}.later (a UInt64) ENGINE = MergeTree ORDER BY a", "INSERT INTO {db}.later VALUES (1)")
			require.NoError(t, s.apply(texts))
		})
	}
}

// TestAFillIsLoggedWhateverTheProfileSays has a statement that fails before its start, on a server that is told to log nothing: only its log says that nothing is there.
func TestAFillIsLoggedWhateverTheProfileSays(t *testing.T) {
	t.Parallel()
	s := newSite(t, Config{})
	s.engine.opts.Settings["log_queries"] = 0
	texts := maps.Clone(base)
	require.NoError(t, s.apply(texts))
	texts["0002_rows.sql"] = "INSERT INTO t SELECT a, 'x' FROM later"
	for range 2 {
		err := s.apply(texts)
		require.ErrorContains(t, err, "later")
		require.NotErrorIs(t, err, migrations.ErrRefused)
		require.NotContains(t, err.Error(), "a part of its rows")
	}
}
