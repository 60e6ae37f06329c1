package chrunner

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

func (s *site) named(sql string) string { return strings.ReplaceAll(sql, "{db}", s.target.Database) }

var base = map[string]string{
	"0001_t.sql": "CREATE TABLE t (a UInt64, b String, INDEX ix b TYPE minmax GRANULARITY 1) ENGINE = MergeTree ORDER BY a",
}

func TestFilesAreAppliedAndRecorded(t *testing.T) {
	s := newSite(t, Config{})
	texts := maps.Clone(base)
	texts["0002_rows.sql"] = "INSERT INTO t SELECT number, 'x' FROM numbers(10);\nALTER TABLE t UPDATE b = 'y' WHERE a < 5;"
	require.NoError(t, s.apply(texts, migrations.Override{File: "0002_rows.sql", Rule: "some-rule", Reason: "because"}))
	require.Equal(t, []string{"x 5", "y 5"}, s.columnIn("SELECT concat(b, ' ', toString(count())) FROM t GROUP BY b ORDER BY b"))
	entries, err := s.engine.History(t.Context(), 10, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, "0002_rows.sql", entries[0].Name)
	require.Equal(t, "tester", entries[0].Actor)
	require.Equal(t, "because", entries[0].Overrides[0].Reason)
	require.Empty(t, entries[1].Overrides)
	require.NoError(t, s.apply(texts))
	require.Len(t, s.columnIn("SELECT toString(statement) FROM devtrail_schema_history WHERE state = 'done'"), 5)
}

func TestAHistoryOfAnEarlierBuildIsRead(t *testing.T) {
	s := newSite(t, Config{})
	s.exec("CREATE TABLE {db}.devtrail_schema_history (version Int64, name String, statement UInt32, checksum String, state Enum8('started' = 1, 'done' = 2, 'failed' = 3), " +
		"at DateTime64(6, 'UTC') DEFAULT now64(6), duration_ms Int64, applied_by String, message String) ENGINE = MergeTree ORDER BY (version, statement, at)")
	f := files(t, base)[0]
	s.exec("INSERT INTO {db}.devtrail_schema_history (version, name, statement, checksum, state, duration_ms, applied_by, message) VALUES (1, '0001_t.sql', 0, '" + f.Checksum + "', 'done', 1, 'old', '')")
	s.exec("CREATE TABLE {db}.t (a UInt64) ENGINE = MergeTree ORDER BY a")
	entries, err := s.engine.History(t.Context(), 10, 10)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	texts := maps.Clone(base)
	texts["0002_c.sql"] = "ALTER TABLE t ADD COLUMN c String"
	require.NoError(t, s.apply(texts))
	entries, err = s.engine.History(t.Context(), 10, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

// TestWhatIsThereIsComparedByItsDefinition makes an object by hand, as a run that was cut off would have, and then applies the file that makes it.
func TestWhatIsThereIsComparedByItsDefinition(t *testing.T) {
	cases := []struct{ name, there, other, file string }{
		{"table", "CREATE TABLE {db}.n (a UInt64, b int DEFAULT a + 1) ENGINE = MergeTree ORDER BY a", "CREATE TABLE {db}.n (a UInt64, b int DEFAULT a + 2) ENGINE = MergeTree ORDER BY a", "create table n (a UInt64, b Int32 default a+1) engine=MergeTree order by a"},
		{"guarded table", "CREATE TABLE {db}.n (a UInt64) ENGINE = Log", "CREATE TABLE {db}.n (a UInt32) ENGINE = Log", "CREATE TABLE IF NOT EXISTS n (a UInt64) ENGINE = Log"},
		{"table as another", "CREATE TABLE {db}.n AS {db}.t", "CREATE TABLE {db}.n (a UInt64) ENGINE = Log", "CREATE TABLE IF NOT EXISTS n AS t"},
		{"view", "CREATE VIEW {db}.n AS SELECT a FROM {db}.t", "CREATE VIEW {db}.n AS SELECT b FROM {db}.t", "CREATE VIEW n AS SELECT a FROM t"},
		{"materialized view", "CREATE MATERIALIZED VIEW {db}.n TO {db}.t AS SELECT a, b FROM {db}.t2", "CREATE MATERIALIZED VIEW {db}.n TO {db}.t AS SELECT a + 1 AS a, b FROM {db}.t2", "CREATE MATERIALIZED VIEW IF NOT EXISTS n TO t AS SELECT a, b FROM t2"},
		{"target of a view", "CREATE MATERIALIZED VIEW {db}.n TO {db}.t AS SELECT a, b FROM {db}.t2", "CREATE MATERIALIZED VIEW {db}.n TO {db}.t3 AS SELECT a, b FROM {db}.t2", "CREATE MATERIALIZED VIEW IF NOT EXISTS n TO t AS SELECT a, b FROM t2"},
		{"view with rows of its own", "CREATE MATERIALIZED VIEW {db}.n ENGINE = MergeTree ORDER BY a AS SELECT a FROM {db}.t2", "CREATE MATERIALIZED VIEW {db}.n ENGINE = MergeTree ORDER BY tuple() AS SELECT a FROM {db}.t2", "CREATE MATERIALIZED VIEW n ENGINE = MergeTree ORDER BY a AS SELECT a FROM t2"},
		{"dictionary", "CREATE DICTIONARY {db}.n (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(3)", "CREATE DICTIONARY {db}.n (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(4)", "CREATE DICTIONARY n (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(3)"},
		{"column", "ALTER TABLE {db}.t ADD COLUMN n int DEFAULT 7 COMMENT 'x' CODEC(ZSTD(1))", "ALTER TABLE {db}.t ADD COLUMN n Int64", "ALTER TABLE t ADD COLUMN IF NOT EXISTS n Int32 DEFAULT 7 COMMENT 'x' CODEC(ZSTD(1)) AFTER a"},
		{"index", "ALTER TABLE {db}.t ADD INDEX n b TYPE set(7) GRANULARITY 2", "ALTER TABLE {db}.t ADD INDEX n b TYPE set(8) GRANULARITY 2", "ALTER TABLE t ADD INDEX n b type set(7) GRANULARITY 2 FIRST"},
		{"projection", "ALTER TABLE {db}.t ADD PROJECTION n (SELECT a ORDER BY b)", "ALTER TABLE {db}.t ADD PROJECTION n (SELECT b ORDER BY b)", "ALTER TABLE t ADD PROJECTION IF NOT EXISTS n (select a order by b)"},
		{"constraint", "ALTER TABLE {db}.t ADD CONSTRAINT n CHECK a < 7", "ALTER TABLE {db}.t ADD CONSTRAINT n CHECK a < 8", "ALTER TABLE t ADD CONSTRAINT n CHECK a<7"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Config{})
			require.NoError(t, s.apply(base))
			s.exec("CREATE TABLE {db}.t2 (a UInt64, b String) ENGINE = Null", "CREATE TABLE {db}.t3 (a UInt64, b String) ENGINE = Null", c.other)
			texts := maps.Clone(base)
			message := s.refused(texts, "0002_n.sql", c.file)
			require.Contains(t, message, "is there already with another definition")
			require.Contains(t, message, "it should be [")
			drop := "DROP TABLE {db}.n SYNC"
			if kind, _, _ := strings.Cut(c.name, " "); strings.HasPrefix(c.other, "ALTER") {
				drop = "ALTER TABLE {db}.t DROP " + kind + " n SETTINGS mutations_sync = 1"
			} else if kind == "dictionary" {
				drop = "DROP DICTIONARY {db}.n"
			}
			s.exec(drop, c.there)
			texts["0002_n.sql"] = c.file
			require.NoError(t, s.apply(texts))
		})
	}
}

// TestAStatementThatWasCutOffIsNotDoneTwice cuts a run off behind each statement, before its row says done, and applies again.
func TestAStatementThatWasCutOffIsNotDoneTwice(t *testing.T) {
	const table = " (a UInt64) ENGINE = MergeTree ORDER BY a"
	cases := map[string]string{
		"add":            "ALTER TABLE t ADD COLUMN n String",
		"add and update": "ALTER TABLE t ADD COLUMN n String DEFAULT 'n', UPDATE b = concat(b, 'u') WHERE a > 0",
		"attach":         "ALTER TABLE t DETACH PARTITION tuple();\nALTER TABLE t ATTACH PARTITION tuple()",
		"create":         "CREATE TABLE n" + table,
		"delete":         "DELETE FROM t WHERE a = 1",
		"detach":         "DETACH TABLE other;\nATTACH TABLE other",
		"drop column":    "ALTER TABLE t DROP INDEX ix, DROP COLUMN b",
		"drop table":     "DROP TABLE other SYNC",
		"exchange":       "EXCHANGE TABLES t AND other",
		"index":          "ALTER TABLE t ADD INDEX n b TYPE minmax GRANULARITY 1;\nALTER TABLE t MATERIALIZE INDEX n;\nALTER TABLE t DROP INDEX n",
		"remove":         "ALTER TABLE t MODIFY COLUMN b String DEFAULT 'x';\nALTER TABLE t MODIFY COLUMN b REMOVE DEFAULT",
		"rename":         "ALTER TABLE t DROP INDEX ix;\nALTER TABLE t RENAME COLUMN b TO n",
		"rename tables":  "RENAME TABLE t TO n, other TO t, n TO other",
		"type":           "ALTER TABLE t DROP INDEX ix;\nALTER TABLE t MODIFY COLUMN b LowCardinality(String)",
		"update":         "ALTER TABLE t UPDATE b = concat(b, 'u') WHERE a > 0;\nALTER TABLE t UPDATE b = concat(b, 'u') WHERE a > 0",
	}
	prepare := func(t *testing.T) *site {
		s := newSite(t, Config{})
		require.NoError(t, s.apply(base))
		s.exec("INSERT INTO {db}.t SELECT number, 'x' FROM numbers(5)", "CREATE TABLE {db}.other"+table)
		return s
	}
	state := func(s *site) []string {
		list := s.columnIn("SELECT concat(name, ' ', replace(create_table_query, '{db}.', '')) FROM system.tables WHERE database = '{db}' ORDER BY name")
		for _, table := range s.columnIn("SELECT name FROM system.tables WHERE database = '{db}' AND name != 'devtrail_schema_history' ORDER BY name") {
			list = append(list, s.columnIn("SELECT toString(tuple(*)) FROM "+table+" ORDER BY ALL")...)
		}
		return list
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts := maps.Clone(base)
			texts["0002_n.sql"] = text
			clean := prepare(t)
			require.NoError(t, clean.apply(texts))
			want := state(clean)
			for number := range strings.Count(text, ";\n") + 1 {
				for _, phase := range []Phase{Journaled, Sent, After} {
					s := prepare(t)
					s.cutOff("0002_n.sql", number+1, phase)
					require.ErrorIs(t, s.apply(texts), errCut)
					s.heal()
					require.NoError(t, s.apply(texts), "statement %d %s", number+1, phase)
					require.Equal(t, want, state(s), "statement %d %s", number+1, phase)
				}
			}
		})
	}
}

var errCut = errors.New("cut off")

func TestAnInsertThatWasCutOffIsNotRepeatedBlindly(t *testing.T) {
	s := newSite(t, Config{})
	texts := maps.Clone(base)
	texts["0002_rows.sql"] = "INSERT INTO t SELECT number, 'x' FROM numbers(10)"
	s.cutOff("0002_rows.sql", 1, Sent)
	require.ErrorIs(t, s.apply(texts), errCut)
	s.heal()
	err := s.apply(texts)
	if err == nil { // the server has a query log, which says that it came to its end
		require.Equal(t, []string{"10"}, s.columnIn("SELECT toString(count()) FROM t"))
		return
	}
	require.ErrorIs(t, err, migrations.ErrRefused)
	require.ErrorContains(t, err, "0002_rows.sql line 1: INSERT was cut off in an earlier attempt")
	texts["0002_rows.sql"] = "INSERT INTO t SELECT number, 'x' FROM numbers(10) WHERE number NOT IN (SELECT a FROM t)"
	require.NoError(t, s.apply(texts))
	require.Equal(t, []string{"10"}, s.columnIn("SELECT toString(count()) FROM t"))
}

func TestAnEditedFileIsRefused(t *testing.T) {
	s := newSite(t, Config{})
	texts := maps.Clone(base)
	texts["0002_two.sql"] = "ALTER TABLE t ADD COLUMN c String;\nALTER TABLE t ADD COLUMN d Nonsense"
	require.ErrorContains(t, s.apply(texts), "0002_two.sql line 2: ")
	message := s.refused(texts, "0002_two.sql", "ALTER TABLE t ADD COLUMN c Int64;\nALTER TABLE t ADD COLUMN d String")
	require.Contains(t, message, "0002_two.sql line 1: the statement was edited after it had run: restore it")
	texts["0002_two.sql"] = "ALTER TABLE t ADD COLUMN c String;\nALTER TABLE t ADD COLUMN d String"
	require.NoError(t, s.apply(texts))
}
