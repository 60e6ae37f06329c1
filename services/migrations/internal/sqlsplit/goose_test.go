package sqlsplit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

func TestGooseMarksKeepAStatementWhole(t *testing.T) {
	const sql = `-- +goose Up
CREATE TABLE t (a bigint);
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int LANGUAGE x AS 'a;b'; -- +goose StatementEnd stands not by itself
  SELECT 2;
-- +goose StatementEnd
SELECT 3; SELECT '
-- +goose StatementBegin
'; SELECT 4`
	want := []sqlsplit.Statement{
		{Text: "CREATE TABLE t (a bigint)", Line: 2},
		{Text: "CREATE FUNCTION f() RETURNS int LANGUAGE x AS 'a;b'; -- +goose StatementEnd stands not by itself\n  SELECT 2", Line: 4},
		{Text: "SELECT 3", Line: 7},
		{Text: "SELECT '\n-- +goose StatementBegin\n'", Line: 7},
		{Text: "SELECT 4", Line: 9},
	}
	for _, dialect := range []sqlsplit.Dialect{sqlsplit.Postgres, sqlsplit.ClickHouse} {
		statements, err := sqlsplit.Split(sql, dialect)
		require.NoError(t, err)
		require.Equal(t, want, statements)
	}
}
