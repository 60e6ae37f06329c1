package chrunner

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// viewed has a table, a view of it and the table that the view writes to.
var viewed = map[string]string{
	"0001_events.sql": "CREATE TABLE events (id UInt64, kind String, other String) ENGINE = MergeTree ORDER BY id;\n" +
		"CREATE TABLE kinds (k String, n UInt64) ENGINE = SummingMergeTree ORDER BY k;\n" +
		"CREATE MATERIALIZED VIEW kinds_view TO kinds AS SELECT kind AS k, count() AS n FROM events GROUP BY kind",
}

func TestWhatWouldBreakAViewIsRefused(t *testing.T) {
	cases := []struct {
		name, file string
		want       []string
	}{
		{"rename of a column that it reads", "ALTER TABLE events RENAME COLUMN kind TO sort", []string{"column kind of events is read by the materialized view {db}.kinds_view", "INSERT", "drop the view first", ruleColumnInView}},
		{"drop of a column that it writes", "ALTER TABLE kinds DROP COLUMN n", []string{"column n of kinds is written by the materialized view"}},
		{"drop of the table that it writes", "DROP TABLE IF EXISTS kinds SYNC", []string{"the materialized view {db}.kinds_view writes to kinds", "every INSERT", ruleTableOfView}},
		{"drop of the table that it reads", "DROP TABLE IF EXISTS events SYNC", []string{"events is read by the materialized view"}},
		{"rename of the table that it writes", "RENAME TABLE kinds TO sorts", []string{"writes to kinds"}},
		{"second statement", "ALTER TABLE events ADD COLUMN x String;\nALTER TABLE events RENAME COLUMN kind TO sort", []string{"0002_n.sql line 2: column kind"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Config{})
			texts := maps.Clone(viewed)
			require.NoError(t, s.apply(texts))
			message := s.refused(texts, "0002_n.sql", c.file)
			for _, part := range c.want {
				require.Contains(t, message, s.named(part))
			}
			require.Empty(t, s.columnIn("SELECT name FROM system.columns WHERE database = '{db}' AND name IN ('x', 'sort')"), "nothing of the file was begun")
			s.exec("INSERT INTO {db}.events VALUES (1, 'a', 'b')")
			require.Equal(t, []string{"a 1"}, s.columnIn("SELECT concat(k, ' ', toString(n)) FROM kinds"))
		})
	}
}

func TestAViewThatGoesFirstOrDoesNotCareIsNoHindrance(t *testing.T) {
	s := newSite(t, Config{})
	texts := maps.Clone(viewed)
	texts["0002_other.sql"] = "ALTER TABLE events RENAME COLUMN other TO another"
	texts["0003_kind.sql"] = "DROP VIEW kinds_view SYNC;\nALTER TABLE events RENAME COLUMN kind TO sort;\nCREATE MATERIALIZED VIEW kinds_view TO kinds AS SELECT sort AS k, count() AS n FROM events GROUP BY sort"
	require.NoError(t, s.apply(texts))
	s.exec("INSERT INTO {db}.events VALUES (1, 'a', 'b')")
	require.Equal(t, []string{"a 1"}, s.columnIn("SELECT concat(k, ' ', toString(n)) FROM kinds"))
	texts["0004_all.sql"] = "ALTER TABLE events RENAME COLUMN sort TO kind"
	require.ErrorIs(t, s.apply(texts), migrations.ErrRefused)
	require.NoError(t, s.apply(texts, migrations.Override{File: "0004_all.sql", Rule: ruleColumnInView, Reason: "nobody writes"}))
}

func TestATypeChangeWithRowsThatDoNotConvertIsRefused(t *testing.T) {
	cases := []struct{ name, column, rows, to, want string }{
		{"text to number", "String", "'1'), (2, 'seven'", "UInt32", "1 rows of t.c cannot be converted from String to UInt32 without loss, such as 'seven'"},
		{"number too large", "UInt64", "1), (2, 300", "UInt8", "such as '300'"},
		{"null", "Nullable(String)", "'x'), (2, NULL", "String", "1 rows of t.c are NULL"},
		{"enum", "String", "'a'), (2, 'z'", "Enum8('a' = 1)", "cannot be converted to Enum8('a' = 1)"},
		{"array", "Array(String)", "['1']), (2, ['z']", "Array(UInt8)", "cannot be converted to Array(UInt8)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, Config{})
			texts := map[string]string{"0001_t.sql": "CREATE TABLE t (a UInt64, c " + c.column + ") ENGINE = MergeTree ORDER BY a"}
			require.NoError(t, s.apply(texts))
			s.exec("INSERT INTO {db}.t VALUES (1, " + c.rows + ")")
			message := s.refused(texts, "0002_type.sql", "ALTER TABLE t MODIFY COLUMN c "+c.to)
			require.Contains(t, message, c.want)
			require.Contains(t, message, ruleConvert)
			require.Equal(t, []string{c.column}, s.columnIn("SELECT type FROM system.columns WHERE database = '{db}' AND table = 't' AND name = 'c'"))
			require.Len(t, s.columnIn("SELECT toString(tuple(c)) FROM t"), 2)
			s.exec("ALTER TABLE {db}.t DELETE WHERE a = 2 SETTINGS mutations_sync = 1")
			texts["0002_type.sql"] = "ALTER TABLE t MODIFY COLUMN c " + c.to
			if c.name == "null" {
				texts["0002_type.sql"] += " DEFAULT ''" // which the server asks for even without a NULL
			}
			require.NoError(t, s.apply(texts))
			require.Len(t, s.columnIn("SELECT toString(tuple(c)) FROM t"), 1)
		})
	}
}

func TestSizesAreGuarded(t *testing.T) {
	s := newSite(t, Config{MaxDropBytes: 10_000})
	texts := maps.Clone(base)
	require.NoError(t, s.apply(texts))
	s.exec("INSERT INTO {db}.t SELECT number, toString(sipHash64(number)) FROM numbers(10000)")
	for _, text := range []string{"DROP TABLE t SYNC", "TRUNCATE TABLE t", "ALTER TABLE t DROP PARTITION tuple()"} {
		require.Contains(t, s.refused(texts, "0002_n.sql", text), "is not dropped by a migration")
	}
	texts["0002_n.sql"] = "DROP TABLE t SYNC"
	require.NoError(t, s.apply(texts, migrations.Override{File: "0002_n.sql", Rule: ruleDropSize, Reason: "it was copied"}))
}

func TestAMutationBehindOneThatFailsIsRefused(t *testing.T) {
	s := newSite(t, Config{})
	texts := maps.Clone(base)
	require.NoError(t, s.apply(texts))
	s.exec("INSERT INTO {db}.t SELECT number, 'x' FROM numbers(10)", "ALTER TABLE {db}.t UPDATE b = toString(throwIf(a = 7)) WHERE 1 SETTINGS mutations_sync = 0")
	s.eventually("SELECT mutation_id FROM system.mutations WHERE database = '{db}' AND latest_fail_reason != ''")
	message := s.refused(texts, "0002_n.sql", "ALTER TABLE t UPDATE b = 'y' WHERE 1")
	require.Contains(t, message, "fails, and a new mutation would wait behind it")
	require.Contains(t, message, "throwIf")
	texts["0002_n.sql"] = "ALTER TABLE t ADD COLUMN c String"
	require.NoError(t, s.apply(texts), "what is no mutation does not wait for one")
}

func TestAMutationThatFailsIsToldAndKilled(t *testing.T) {
	s := newSite(t, Config{})
	texts := maps.Clone(base)
	require.NoError(t, s.apply(texts))
	s.exec("INSERT INTO {db}.t SELECT number, 'x' FROM numbers(10)")
	texts["0002_n.sql"] = "ALTER TABLE t UPDATE b = toString(throwIf(a = 7)) WHERE 1"
	err := s.apply(texts)
	require.ErrorContains(t, err, "0002_n.sql line 1: mutation_")
	require.ErrorContains(t, err, "failed and was killed: Code: 395")
	require.True(t, s.reported("the last try failed"))
	s.gone("SELECT mutation_id FROM system.mutations WHERE database = '{db}' AND NOT is_done")
	texts["0002_n.sql"] = "ALTER TABLE t UPDATE b = 'y' WHERE 1"
	require.NoError(t, s.apply(texts), "the statement may be mended")
	require.Equal(t, []string{"y"}, s.columnIn("SELECT DISTINCT b FROM t"))
}

// slow has a mutation that takes a while: 40 parts of which each sleeps for some seconds. It begins when somebody lets it.
func slow(t *testing.T, s *site, seconds float64) (texts map[string]string, begin func()) {
	t.Helper()
	texts = map[string]string{"0001_t.sql": "CREATE TABLE t (a UInt64, b UInt64) ENGINE = MergeTree PARTITION BY a ORDER BY a"}
	require.NoError(t, s.apply(texts))
	s.exec("INSERT INTO {db}.t SELECT number, 0 FROM numbers(40)", "SYSTEM STOP MERGES {db}.t")
	texts["0002_slow.sql"] = fmt.Sprintf("ALTER TABLE t UPDATE b = b + 1 + sleepEachRow(%g) WHERE 1", seconds)
	return texts, sync.OnceFunc(func() { s.exec("SYSTEM START MERGES {db}.t") })
}

func TestAMutationReportsItsPartsAndIsKilledOnCancel(t *testing.T) {
	s := newSite(t, Config{})
	texts, begin := slow(t, s, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	s.onProgress = func(p migrations.Progress) {
		if !strings.Contains(p.Message, "parts to do") {
			return
		}
		begin()
		if p.Percent > 0 {
			cancel(ErrCancelled)
		}
	}
	err := s.applyIn(ctx, texts)
	require.ErrorContains(t, err, "was killed, since the run was cancelled")
	s.gone("SELECT mutation_id FROM system.mutations WHERE database = '{db}' AND NOT is_done")
}

func TestAMutationGoesOnWhenTheRunnerStopsAndIsNotStartedTwice(t *testing.T) {
	s := newSite(t, Config{})
	texts, begin := slow(t, s, 0.1)
	ctx, cancel := context.WithCancel(t.Context())
	s.onProgress = func(p migrations.Progress) {
		if strings.Contains(p.Message, "parts to do") {
			cancel()
		}
	}
	require.ErrorIs(t, s.applyIn(ctx, texts), context.Canceled)
	s.exec("ALTER TABLE {db}.t UPDATE b = b + 100 WHERE a = 7 SETTINGS mutations_sync = 0") // somebody else's, behind ours
	s.reopen()
	s.onProgress = func(p migrations.Progress) {
		if strings.Contains(p.Message, "parts to do") {
			begin()
		}
	}
	require.NoError(t, s.apply(texts))
	require.Equal(t, []string{"1"}, s.columnIn("SELECT toString(count()) FROM system.mutations WHERE database = '{db}' AND command LIKE '%sleepEachRow%'"))
	require.Equal(t, []string{"1"}, s.columnIn("SELECT DISTINCT toString(b) FROM t WHERE a != 7"))
}

// eventually waits until a query has a row, gone until it has none.
func (s *site) eventually(sql string) { s.until(sql, true) }
func (s *site) gone(sql string)       { s.until(sql, false) }

func (s *site) until(sql string, some bool) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return (len(s.columnIn(sql)) > 0) == some }, 30*time.Second, 20*time.Millisecond, fmt.Sprint(sql, " has rows: ", some))
}

// reported says whether a report had the words.
func (s *site) reported(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.progress {
		if strings.Contains(p.Message, words) {
			return true
		}
	}
	return false
}
