package explain_test

import (
	"strings"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/migrations/lint"
	"devtrail.dev/services/migrations/lint/explain"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestClickHouseSaysWhatItsParserRefuses(t *testing.T) {
	opts, err := ch.ParseDSN(dbtest.EmptyClickHouse(t))
	require.NoError(t, err)
	conn, err := ch.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	hook := explain.ClickHouse(t.Context(), conn)
	syntax := func(sql string) []lint.Finding {
		found, err := lint.Lint(lint.ClickHouse, nil, []lint.File{{Name: "a.sql", SQL: sql}}, lint.Options{Explain: hook})
		require.NoError(t, err)
		return of(found, "ch-syntax-error")
	}
	for _, sql := range []string{
		"CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = MergeTree ORDER BY a; INSERT INTO t VALUES (1), (2)", "ALTER TABLE t ADD COLUMN b UInt8 SETTINGS mutations_sync = 1",
		"# a note\nALTER TABLE t MODIFY COLUMN a COMMENT $doc$ it's ; fine $doc$", "SYSTEM FLUSH LOGS", "DROP VIEW IF EXISTS v SYNC",
	} {
		require.Empty(t, syntax(sql), sql)
	}
	found := syntax("SELECT 1;\nALTER TABLE IF EXISTS t\n  ADD COLUMN b UInt8;")
	require.Len(t, found, 1)
	require.Equal(t, 2, found[0].Line)
	require.Equal(t, 1, found[0].Statement)
	require.Contains(t, found[0].Message, "Syntax error")
	require.Len(t, syntax("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a b"), 1)

	require.NoError(t, conn.Close())
	_, err = lint.Lint(lint.ClickHouse, nil, []lint.File{{Name: "a.sql", SQL: "SELECT 1"}}, lint.Options{Explain: hook})
	require.ErrorContains(t, err, "ask the server", "a server that is away is not a finding")
}

func TestPostgresEstimatesRows(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), dbtest.EmptyPostgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	_, err = conn.Exec(t.Context(), "CREATE TABLE orders (id bigint PRIMARY KEY, state text)")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "INSERT INTO orders SELECT n, 'new' FROM generate_series(1, 20000) AS n")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "ANALYZE orders")
	require.NoError(t, err)
	rules := func(sql string, limit float64) string {
		found, err := lint.Lint(lint.Postgres, nil, []lint.File{{Name: "a.sql", SQL: sql}}, lint.Options{Estimate: explain.Postgres(t.Context(), conn), RowLimit: limit})
		require.NoError(t, err)
		var names []string
		for _, f := range append(of(found, "affected-row-limit"), of(found, "dml-dry-run")...) {
			names = append(names, f.Rule)
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, "affected-row-limit", rules("UPDATE orders SET state = 'old'", 0))
	require.Equal(t, "affected-row-limit", rules("INSERT INTO orders SELECT id + 100000, state FROM orders", 0))
	require.Empty(t, rules("UPDATE orders SET state = 'old'", 50_000))
	require.Empty(t, rules("DELETE FROM orders WHERE id BETWEEN 1 AND 100", 0))
	require.Equal(t, "dml-dry-run", rules("UPDATE orders SET missing = 1 WHERE id = 1", 0))
	require.Empty(t, rules("ALTER TABLE orders ADD COLUMN missing int; UPDATE orders SET missing = 1 WHERE id = 1", 0), "the server does not know the column yet")
	var count int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM orders WHERE state = 'new'").Scan(&count))
	require.Equal(t, 20_000, count, "nothing was carried out")
}

// of returns the findings of one rule.
func of(found []lint.Finding, rule string) []lint.Finding {
	var list []lint.Finding
	for _, f := range found {
		if f.Rule == rule {
			list = append(list, f)
		}
	}
	return list
}
