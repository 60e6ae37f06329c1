package drift_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/drift"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func checker(t *testing.T) *drift.Checker {
	t.Helper()
	return drift.New(drift.Deps{PostgresURL: dbtest.PostgresServer(t), ClickHouseURL: dbtest.ClickHouseServer(t)})
}

func databaseOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

func execute(t *testing.T, engine migrations.Engine, address, sql string) {
	t.Helper()
	if engine == migrations.Postgres {
		conn, err := pgx.Connect(t.Context(), address)
		require.NoError(t, err)
		defer conn.Close(context.Background())
		_, err = conn.Exec(t.Context(), sql)
		require.NoError(t, err)
		return
	}
	opts, err := clickhouse.ParseDSN(address)
	require.NoError(t, err)
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Exec(t.Context(), sql))
}

// TestTheSuitesOwnDatabases sees no drift in what the services' files make, and each change beside them.
func TestTheSuitesOwnDatabases(t *testing.T) {
	t.Parallel()
	targets := append(migrations.Targets(migrations.ClickHouse, "")[3:], migrations.Targets(migrations.Postgres, "")...)
	check := checker(t)
	for _, target := range targets {
		t.Run(target.Name+" on "+target.Engine.String(), func(t *testing.T) {
			t.Parallel()
			files, err := schema.Files(target.Files)
			require.NoError(t, err)
			address := ""
			if target.Engine == migrations.ClickHouse {
				address = dbtest.ClickHouse(t, target.Files)
			} else {
				address = dbtest.Postgres(t, target.Files)
			}
			target.Database = databaseOf(t, address)
			target.Name += target.Engine.String()

			first, err := check.Check(t.Context(), target, files)
			require.NoError(t, err)
			assert.Empty(t, first.Differences)
			assert.False(t, first.CheckedAt.IsZero())

			execute(t, target.Engine, address, "CREATE VIEW planted AS SELECT 1 AS one")
			second, err := check.Check(t.Context(), target, files)
			require.NoError(t, err)
			require.NotEmpty(t, second.Differences)
			for _, d := range second.Differences {
				assert.Contains(t, d.Object, "planted")
				assert.Empty(t, d.Expected)
			}
			assert.NotEqual(t, first.Fingerprint, second.Fingerprint)

			// Fewer files make less: the rest of what lives is not theirs.
			third, err := check.Check(t.Context(), target, files[:0])
			require.NoError(t, err)
			assert.Greater(t, len(third.Differences), 1)
			assert.Equal(t, second.Fingerprint, third.Fingerprint)
		})
	}
}

func TestAFileThatCannotBeReplayedIsNamed(t *testing.T) {
	t.Parallel()
	files, err := schema.Files(fstest.MapFS{"0001_a.sql": {Data: []byte("CREATE TABLE a (b int)")}, "0002_bad.sql": {Data: []byte("ALTER TABLE nobody ADD b int")}})
	require.NoError(t, err)
	target := migrations.Target{Name: "x", Engine: migrations.Postgres, Database: databaseOf(t, dbtest.EmptyPostgres(t))}
	_, err = checker(t).Check(t.Context(), target, files)
	require.ErrorContains(t, err, "0002_bad.sql")
	target.Database = "nobody_made_this"
	_, err = checker(t).Check(t.Context(), target, files)
	require.ErrorContains(t, err, "live schema of x")
}

func TestChecksAtOnce(t *testing.T) {
	t.Parallel()
	files, err := schema.Files(fstest.MapFS{"0001_a.sql": {Data: []byte("CREATE TABLE a (b int)")}})
	require.NoError(t, err)
	address := dbtest.EmptyPostgres(t)
	execute(t, migrations.Postgres, address, "CREATE TABLE a (b int)")
	check := checker(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			found, err := check.Check(t.Context(), migrations.Target{Name: "x", Engine: migrations.Postgres, Database: databaseOf(t, address)}, files)
			assert.True(t, err == nil && len(found.Differences) == 0, "%v %v", err, found)
		})
	}
	all.Wait()
}
