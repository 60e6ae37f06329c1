package dbtest_test

import (
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
)

func TestLimitedRefusesWhatIsNotListed(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t, fstest.MapFS{"0001_init.sql": {Data: []byte("CREATE TABLE pairs (a int PRIMARY KEY, b int DEFAULT 1)")}})
	conn, err := pgx.Connect(t.Context(), dbtest.Limited(t, url, []string{"pairs.a"}))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	for _, sql := range []string{
		"INSERT INTO pairs (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2 RETURNING a",
		"UPDATE pairs SET a = 3 WHERE a = 2",
		"SELECT a FROM pairs FOR UPDATE",
		"DELETE FROM pairs WHERE a = 3",
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	for _, sql := range []string{"SELECT * FROM pairs", "SELECT 1 FROM pairs WHERE b = 1", "INSERT INTO pairs (a, b) VALUES (1, 1)", "UPDATE pairs SET b = 1"} {
		_, err := conn.Exec(t.Context(), sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}
