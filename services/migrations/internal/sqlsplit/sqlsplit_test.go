package sqlsplit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

func TestSplitCutsWhereTheEngineWould(t *testing.T) {
	cases := []struct {
		name    string
		dialect sqlsplit.Dialect
		sql     string
		want    []string
	}{
		{"nothing", sqlsplit.Postgres, "", nil},
		{"only comments", sqlsplit.Postgres, "-- a;\n/* b; */ ;;", nil},
		{"two statements and a tail without semicolon", sqlsplit.Postgres, "SELECT 1; SELECT 2\n", []string{"SELECT 1", "SELECT 2"}},
		{"comments around are dropped, inside kept", sqlsplit.Postgres, "-- x\nSELECT /* ; */ 1 -- y\n;", []string{"SELECT /* ; */ 1"}},
		{"nested comment", sqlsplit.Postgres, "/* a /* b; */ c; */ SELECT 1; SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		{"nested comment on ClickHouse", sqlsplit.ClickHouse, "/* a /* b; */ c; */ SELECT 1; SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		{"string with doubled quote", sqlsplit.Postgres, "SELECT 'a;''b;'; SELECT 2", []string{"SELECT 'a;''b;'", "SELECT 2"}},
		{"backslash is plain in a Postgres string", sqlsplit.Postgres, `SELECT 'a\'; SELECT 2`, []string{`SELECT 'a\'`, "SELECT 2"}},
		{"backslash quotes in E''", sqlsplit.Postgres, `SELECT E'a\';b'; SELECT 2`, []string{`SELECT E'a\';b'`, "SELECT 2"}},
		{"E'' goes on over a line", sqlsplit.Postgres, "SELECT E'a' -- c\n  '\\';b'; SELECT 2", []string{"SELECT E'a' -- c\n  '\\';b'", "SELECT 2"}},
		{"a name that ends in e is not E''", sqlsplit.Postgres, `SELECT date'2020-01-01\'; SELECT 2`, []string{`SELECT date'2020-01-01\'`, "SELECT 2"}},
		{"backslash quotes on ClickHouse", sqlsplit.ClickHouse, `SELECT 'a\';b'; SELECT 2`, []string{`SELECT 'a\';b'`, "SELECT 2"}},
		{"backquoted name", sqlsplit.ClickHouse, "SELECT 1 AS `a;b`; SELECT 2", []string{"SELECT 1 AS `a;b`", "SELECT 2"}},
		{"hash comment", sqlsplit.ClickHouse, "# a;\n#! b;\nSELECT 1; SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		{"heredoc", sqlsplit.ClickHouse, "SELECT $a$ ; ' $b$ $a$; SELECT 2", []string{"SELECT $a$ ; ' $b$ $a$", "SELECT 2"}},
		{"unicode quotes", sqlsplit.ClickHouse, "SELECT 1 AS \u201ca;b\u201d, \u2018c;d\u2019; SELECT 2", []string{"SELECT 1 AS \u201ca;b\u201d, \u2018c;d\u2019", "SELECT 2"}},
		{"quoted name", sqlsplit.Postgres, `SELECT 1 AS "a;""b;"; SELECT 2`, []string{`SELECT 1 AS "a;""b;"`, "SELECT 2"}},
		{"dollar quotes", sqlsplit.Postgres, "DO $$ BEGIN; END $$; SELECT $t1$ $$;$t$ $t1$; SELECT 2", []string{"DO $$ BEGIN; END $$", "SELECT $t1$ $$;$t$ $t1$", "SELECT 2"}},
		{"parameters are not dollar quotes", sqlsplit.Postgres, "SELECT $1, $1; SELECT $2", []string{"SELECT $1, $1", "SELECT $2"}},
		{"a dollar inside a name is not a quote", sqlsplit.Postgres, "SELECT a$b$; SELECT c$b$", []string{"SELECT a$b$", "SELECT c$b$"}},
		{"rule with two actions", sqlsplit.Postgres, "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", []string{"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"}},
		{
			"function with a standard body", sqlsplit.Postgres,
			"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 2",
			[]string{"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END", "SELECT 2"},
		},
		{"BEGIN elsewhere opens nothing", sqlsplit.Postgres, "BEGIN; SELECT 1; END;", []string{"BEGIN", "SELECT 1", "END"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			statements, err := sqlsplit.Split(c.sql, c.dialect)
			require.NoError(t, err)
			var got []string
			for _, s := range statements {
				got = append(got, s.Text)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestSplitNamesTheLineOfWhatIsOpen(t *testing.T) {
	cases := []struct {
		name    string
		dialect sqlsplit.Dialect
		sql     string
		want    string
	}{
		{"string", sqlsplit.Postgres, "SELECT 1;\nSELECT 'a", "line 2: the string is not closed"},
		{"escape string", sqlsplit.Postgres, `SELECT E'a\'`, "line 1: the string is not closed"},
		{"name", sqlsplit.ClickHouse, "\n\nSELECT `a", "line 3: the quoted name is not closed"},
		{"comment", sqlsplit.Postgres, "/* a /* b */ ", "line 1: the comment is not closed"},
		{"dollar quote", sqlsplit.Postgres, "DO\n$x$ BEGIN", "line 2: the dollar quote $x$ is not closed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := sqlsplit.Split(c.sql, c.dialect)
			var open *sqlsplit.Error
			require.ErrorAs(t, err, &open)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestStatementKnowsItsLineAndWords(t *testing.T) {
	statements, err := sqlsplit.Split("-- head\n\ncreate /* x */ unique\n-- y\nIndex concurrently i ON t (a);\n(SELECT 1)", sqlsplit.Postgres)
	require.NoError(t, err)
	require.Len(t, statements, 2)
	require.Equal(t, 3, statements[0].Line)
	require.Equal(t, []string{"CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"}, statements[0].Words(4))
	require.Equal(t, 6, statements[1].Line)
	require.Empty(t, statements[1].Keyword())
}
