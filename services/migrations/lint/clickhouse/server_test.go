package clickhouse

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/migrations/lint/rule"
)

// alterCommand is a line of EXPLAIN AST that names a command of an ALTER.
var alterCommand = regexp.MustCompile(`AlterCommand (\w+)`)

// syntaxErrorCode is the server's code for text that its parser refuses.
const syntaxErrorCode = 62

// server connects to the shared ClickHouse in a database of its own.
func server(t *testing.T) driver.Conn {
	t.Helper()
	opts, err := ch.ParseDSN(dbtest.EmptyClickHouse(t))
	require.NoError(t, err)
	conn, err := ch.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

// lines reads a file of statements, one a line; lines that begin with -- are comments.
func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var list []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			list = append(list, line)
		}
	}
	return list
}

// explain returns the names of the ALTER commands as the server sees them, and whether its parser takes the statement.
func explain(t *testing.T, conn driver.Conn, sql string) (commands []string, ok bool) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "EXPLAIN AST "+sql)
	var refused *ch.Exception
	if errors.As(err, &refused) {
		require.EqualValues(t, syntaxErrorCode, refused.Code, "%s: %v", sql, err)
		return nil, false
	}
	require.NoError(t, err, sql)
	defer rows.Close()
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		if m := alterCommand.FindStringSubmatch(line); m != nil {
			commands = append(commands, m[1])
		}
	}
	require.NoError(t, rows.Err())
	return commands, true
}

func TestTheServerReadsStatementsAsWeDo(t *testing.T) {
	conn := server(t)
	list := lines(t, "testdata/valid.sql")
	require.GreaterOrEqual(t, len(list), 60)
	for _, sql := range list {
		want, ok := explain(t, conn, sql)
		require.True(t, ok, "the server refuses %s", sql)
		statements, err := parse(sql)
		require.NoError(t, err, sql)
		require.Len(t, statements, 1, sql)
		require.Nil(t, statements[0].wrong, "%s: %+v", sql, statements[0].wrong)
		var got []string
		if statements[0].alter != nil {
			for _, cmd := range statements[0].alter.commands {
				got = append(got, cmd.kind)
			}
		}
		require.Equal(t, want, got, sql)
	}
}

func TestTheServerRefusesWhatWeRefuse(t *testing.T) {
	conn := server(t)
	for _, sql := range lines(t, "testdata/refused.sql") {
		_, ok := explain(t, conn, sql)
		require.False(t, ok, "the server takes %s", sql)
		require.Contains(t, rulesOf(t, sample{sql: sql}), "ch-syntax-error", sql)
	}
}

// TestTheServerBearsTheRulesOut runs what the rules on refused statements say on the server itself.
func TestTheServerBearsTheRulesOut(t *testing.T) {
	cases := []struct {
		rule, setup, sql string
		code             int32 // 0 when the server takes it
	}{
		{"ch-nullable-in-key", "", "CREATE TABLE x (a Nullable(UInt8)) ENGINE = MergeTree ORDER BY a", 44},
		{"ch-primary-key-not-prefix", "", "CREATE TABLE x (a UInt8, b UInt8) ENGINE = MergeTree PRIMARY KEY b ORDER BY (a, b)", 36},
		{"ch-float-partition-key", "", "CREATE TABLE x (f Float64, a UInt8) ENGINE = MergeTree PARTITION BY floor(f) ORDER BY a", 36},
		{"ch-suspicious-low-cardinality", "", "CREATE TABLE x (a LowCardinality(UInt64)) ENGINE = Memory", 455},
		{"ch-nullable-low-cardinality-nesting", "", "CREATE TABLE x (a Nullable(LowCardinality(String))) ENGINE = Memory", 43},
		{"ch-codec-without-general-compression", "", "CREATE TABLE x (a UInt64 CODEC(Delta)) ENGINE = Memory", 36},
		{"ch-alter-key-column", "CREATE TABLE x (a UInt8, b String) ENGINE = MergeTree ORDER BY a", "ALTER TABLE x MODIFY COLUMN a String", 524},
		{"ch-update-key-column", "CREATE TABLE x (a UInt8, b String) ENGINE = MergeTree ORDER BY a", "ALTER TABLE x UPDATE a = 1 WHERE b = 'x'", 420},
		{"ch-modify-order-by-existing-column", "CREATE TABLE x (a UInt8, b String) ENGINE = MergeTree ORDER BY a", "ALTER TABLE x MODIFY ORDER BY (a, b)", 36},
		{"ch-modify-order-by-existing-column", "CREATE TABLE x (a UInt8) ENGINE = MergeTree ORDER BY a", "ALTER TABLE x ADD COLUMN z UInt8 DEFAULT 1, MODIFY ORDER BY (a, z)", 36},
		{"ch-nullable-to-non-nullable", "CREATE TABLE x (a UInt8, n Nullable(UInt8)) ENGINE = MergeTree ORDER BY a", "ALTER TABLE x MODIFY COLUMN n UInt8", 36},
		{"ch-readonly-setting", "CREATE TABLE x (a UInt8) ENGINE = MergeTree ORDER BY a", "ALTER TABLE x MODIFY SETTING index_granularity = 1024", 472},
		{"ch-missing-order-by", "", "CREATE TABLE x (a UInt8) ENGINE = MergeTree", 0},
		{"ch-drop-mv-target", "CREATE TABLE s (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE TABLE x (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE MATERIALIZED VIEW v TO x AS SELECT a FROM s", "DROP TABLE x SYNC", 0},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			require.Contains(t, rulesOf(t, sample{setup: c.setup, sql: c.sql}), c.rule)
			conn := server(t)
			statements, err := parse(c.setup)
			require.NoError(t, err)
			for _, st := range statements {
				from, last := st.tokens[0], st.tokens[len(st.tokens)-1]
				require.NoError(t, conn.Exec(t.Context(), c.setup[from.pos:last.pos+len(last.text)]))
			}
			err = conn.Exec(t.Context(), c.sql)
			if c.code == 0 {
				require.NoError(t, err)
				return
			}
			var refused *ch.Exception
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.code, refused.Code, err)
		})
	}
}

// FuzzLint holds that no text makes the linter fail, and that findings lie within it.
func FuzzLint(f *testing.F) {
	for _, seeds := range []string{"testdata/valid.sql", "testdata/refused.sql"} {
		text, err := os.ReadFile(seeds)
		require.NoError(f, err)
		for line := range strings.Lines(string(text)) {
			f.Add(line)
		}
	}
	for _, s := range allSamples() {
		f.Add(s.flag[0].sql)
	}
	f.Add("CREATE MATERIALIZED VIEW a TO b AS SELECT (, FROM ,")
	f.Fuzz(func(t *testing.T, sql string) {
		findings, err := New().Lint([]rule.File{{Name: "a", SQL: sql}}, []rule.File{{Name: "b", SQL: sql}, {Name: "c", SQL: sql}}, rule.Options{Cluster: "c", Pairs: map[string]string{"t": "l"}})
		require.NoError(t, err)
		for _, found := range findings {
			require.LessOrEqual(t, found.Line, strings.Count(sql, "\n")+1)
			require.GreaterOrEqual(t, found.Column, 1)
		}
	})
}
