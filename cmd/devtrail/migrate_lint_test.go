package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMigrateLintTellsTheSafeWayAndFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "0002_note.sql")
	require.NoError(t, os.WriteFile(path, []byte("CREATE INDEX ON orders (note);\n"), 0o600))
	lint := func(args ...string) (string, error) {
		root, out := newRootCommand(), new(bytes.Buffer)
		root.SetOut(out)
		root.SetArgs(append([]string{"migrate", "lint"}, args...))
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	text, err := lint(path)
	require.ErrorIs(t, err, errUnsafe)
	require.Contains(t, text, path+":1:1: error: require-concurrent-index-creation")
	require.Contains(t, text, "CREATE INDEX CONCURRENTLY")

	sarif, err := lint("--format", "sarif", path)
	require.ErrorIs(t, err, errUnsafe)
	require.Contains(t, sarif, `"ruleId": "require-concurrent-index-creation"`)

	created := filepath.Join(t.TempDir(), "0001_orders.sql")
	require.NoError(t, os.WriteFile(created, []byte("CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n"), 0o600))
	_, err = lint(created)
	require.NoError(t, err)
	_, err = lint("--schema", created, path)
	require.ErrorIs(t, err, errUnsafe, "the table is there already")

	_, err = lint("--engine", "mysql", path)
	require.ErrorContains(t, err, `engine "mysql"`)
	_, err = lint("--clickhouse-url", "clickhouse://127.0.0.1:1/x", path)
	require.ErrorContains(t, err, "--clickhouse-url is for --engine clickhouse")
	_, err = lint("--engine", "clickhouse", "--database-url", "postgres://127.0.0.1:1/x", path)
	require.ErrorContains(t, err, "--database-url is for --engine postgres")
	_, err = lint("--database-url", "postgres://127.0.0.1:1/x?connect_timeout=1", path)
	require.ErrorContains(t, err, "connect to Postgres")
	_, err = lint("--engine", "clickhouse", "--clickhouse-url", "clickhouse://127.0.0.1:1/x", path)
	require.ErrorContains(t, err, "ask the server about a statement")

	_, err = lint("--policy", "*", "--policy", "absent", created)
	require.ErrorContains(t, err, `--policy "absent" is none of postgres`)

	for _, version := range []string{"14", "14.2", "26.7"} {
		_, err = lint("--server-version", version, created)
		require.NoError(t, err)
	}
	for _, version := range []string{"abc", "0", "18beta", "18.", "-1"} {
		_, err = lint("--server-version", version, created)
		require.ErrorContains(t, err, `--server-version "`+version+`" is no version`)
	}

	_, err = lint("--format", "xml", path)
	require.ErrorContains(t, err, `--format "xml"`)
}
