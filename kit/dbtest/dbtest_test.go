package dbtest_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var postgresFiles = fstest.MapFS{
	"0001_init.sql": {Data: []byte("CREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a (id) VALUES (1);\n")},
	"0002_index.sql": {Data: []byte("-- devtrail: no-transaction\n" +
		"CREATE INDEX CONCURRENTLY a_id ON a (id);\nCREATE INDEX CONCURRENTLY a_id_2 ON a (id);\n")},
	"embed.go": {Data: []byte("package migrations")},
}

var clickHouseFiles = fstest.MapFS{
	"0001_a.sql": {Data: []byte("-- first\nCREATE TABLE a (id Int32) ENGINE = MergeTree ORDER BY id;\n")},
	"0002_b.sql": {Data: []byte("ALTER TABLE a ADD COLUMN name String\n")},
}

// postgresValue asks one value of a database.
func postgresValue[T any](t *testing.T, url, sql string, args ...any) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var value T
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&value))
	return value
}

func postgresExec(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func clickHouseValue[T any](t *testing.T, url, sql string) T {
	t.Helper()
	options, err := clickhouse.ParseDSN(url)
	require.NoError(t, err)
	conn, err := clickhouse.Open(options)
	require.NoError(t, err)
	defer conn.Close()
	var value T
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&value))
	return value
}

func TestPostgresAppliesFiles(t *testing.T) {
	url := dbtest.Postgres(t, postgresFiles)
	require.Equal(t, 1, postgresValue[int](t, url, "SELECT id FROM a"))
	require.Equal(t, 3, postgresValue[int](t, url, "SELECT count(*) FROM pg_indexes WHERE tablename = 'a'"))

	files, err := schema.Files(postgresFiles)
	require.NoError(t, err)
	for _, f := range files {
		require.Equal(t, f.Checksum, postgresValue[string](t, url,
			"SELECT checksum FROM "+schema.HistoryTable+" WHERE version = $1 AND name = $2", f.Version, f.Name))
	}
}

func TestPostgresDatabasesAreApart(t *testing.T) {
	first, second := dbtest.Postgres(t, postgresFiles), dbtest.Postgres(t, postgresFiles)
	require.NotEqual(t, first, second)
	postgresExec(t, first, "DELETE FROM a")
	require.Equal(t, 1, postgresValue[int](t, second, "SELECT count(*) FROM a"))
}

func TestPostgresInParallel(t *testing.T) {
	// Files of this run alone, so that all goroutines race for their template.
	files := fstest.MapFS{"0001_init.sql": {Data: []byte("CREATE TABLE " + dbtest.Name(t) + " (id int);")}}
	var wg sync.WaitGroup
	urls := make([]string, 8)
	for i := range urls {
		wg.Go(func() { urls[i] = dbtest.Postgres(t, files) })
	}
	wg.Wait()
	for _, url := range urls {
		require.Equal(t, 2, postgresValue[int](t, url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
	}
}

func TestEmptyPostgres(t *testing.T) {
	url := dbtest.EmptyPostgres(t)
	require.Equal(t, 0, postgresValue[int](t, url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
}

func TestClickHouseAppliesFiles(t *testing.T) {
	url := dbtest.ClickHouse(t, clickHouseFiles)
	require.Equal(t, "id,name", clickHouseValue[string](t, url,
		"SELECT arrayStringConcat(groupArray(name), ',') FROM system.columns WHERE database = currentDatabase() AND table = 'a'"))
	require.Equal(t, uint64(2), clickHouseValue[uint64](t, url,
		"SELECT count() FROM "+schema.HistoryTable+" WHERE state = 'done' AND statement = 0"))
}

func TestEmptyClickHouse(t *testing.T) {
	url := dbtest.EmptyClickHouse(t)
	require.Equal(t, uint64(0), clickHouseValue[uint64](t, url, "SELECT count() FROM system.tables WHERE database = currentDatabase()"))
}

func TestDatabaseIsDroppedAfterPassedTest(t *testing.T) {
	var pg, ch string
	t.Run("inner", func(t *testing.T) {
		pg, ch = dbtest.EmptyPostgres(t), dbtest.EmptyClickHouse(t)
	})
	conn, err := pgx.Connect(t.Context(), pg)
	var failure *pgconn.PgError
	require.ErrorAsf(t, err, &failure, "connected to %v", conn)
	require.Equal(t, "3D000", failure.Code)
	name := strings.TrimPrefix(path(t, ch), "/")
	require.Equal(t, uint64(0), clickHouseValue[uint64](t, dbtest.ClickHouseServer(t),
		"SELECT count() FROM system.databases WHERE name = '"+name+"'"))
}

func TestDatabaseIsKeptAfterFailedTest(t *testing.T) {
	failing := &failingTest{TB: t}
	url := dbtest.EmptyPostgres(failing)
	failing.end()
	require.Contains(t, failing.log, url)
	require.Equal(t, 1, postgresValue[int](t, url, "SELECT 1"))
	postgresExec(t, dbtest.PostgresServer(t), "DROP DATABASE "+strings.TrimPrefix(path(t, url), "/"))
}

// failingTest is a test that has failed when its cleanups run.
type failingTest struct {
	testing.TB
	cleanups []func()
	log      string
}

func (f *failingTest) Cleanup(task func())             { f.cleanups = append(f.cleanups, task) }
func (f *failingTest) Context() context.Context        { return f.TB.Context() }
func (f *failingTest) Failed() bool                    { return true }
func (f *failingTest) Logf(format string, args ...any) { f.log += format + args[0].(string) }

func (f *failingTest) end() {
	for _, task := range f.cleanups {
		task()
	}
}

func path(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u.Path
}

func TestName(t *testing.T) {
	t.Run("With Blanks/and-\u00fcmlauts and much more text than fits", func(t *testing.T) {
		name := dbtest.Name(t)
		require.Regexp(t, `^t_name_with_blanks_and__mlauts_a_[a-z0-9]{12}$`, name)
		require.NotEqual(t, name, dbtest.Name(t))
	})
}

func BenchmarkPostgres(b *testing.B) {
	dbtest.Postgres(b, postgresFiles)
	for b.Loop() {
		dbtest.Postgres(b, postgresFiles)
	}
}

func BenchmarkClickHouse(b *testing.B) {
	for b.Loop() {
		dbtest.ClickHouse(b, clickHouseFiles)
	}
}
