package runner

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// TestTheEnginesReadStatementsAsTheSplitterDoes sends text that is one statement by the splitter's rules and that no engine would take if a
// semicolon in it ended the statement.
func TestTheEnginesReadStatementsAsTheSplitterDoes(t *testing.T) {
	s := &site{clickHouseURL: dbtest.ClickHouseServer(t), postgresURL: dbtest.PostgresServer(t)}
	one := func(sql string, dialect sqlsplit.Dialect) {
		t.Helper()
		statements, err := sqlsplit.Split(sql, dialect)
		require.NoError(t, err)
		require.Len(t, statements, 1, sql)
	}
	s.onClickHouse(t, "default", func(conn clickhouse.Conn) {
		for _, sql := range []string{
			"SELECT /* a /* b; */ c; */ 1",
			"SELECT 'a\\';b', 'c'';d'",
			"SELECT 1 AS `a;\\`b`, 2 AS \"c;\"\"d\"",
			"SELECT # a;\n 1 #! b;\n",
			"SELECT $a$ ; ' $b$ $a$",
			"SELECT 1 AS \u201ca;b\u201d, \u2018c;d\u2019",
		} {
			one(sql, sqlsplit.ClickHouse)
			require.NoError(t, conn.Exec(t.Context(), sql), sql)
		}
	})
	conn, err := connectPostgres(t.Context(), s.postgresURL, "", "runner test")
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, sql := range []string{
		"SELECT /* a /* b; */ c; */ 1",
		"SELECT 'a\\', 'c'';d'",
		"SELECT E'a' -- c;\n  '\\';b'",
		"SELECT $t1$ $$;$t$ $t1$",
		"CREATE FUNCTION pg_temp.f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
	} {
		one(sql, sqlsplit.Postgres)
		// The extended protocol takes one statement only.
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
}
