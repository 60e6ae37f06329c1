package scratch_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/scratch"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func files(t *testing.T, texts ...string) []schema.File {
	t.Helper()
	fsys := fstest.MapFS{}
	for i, text := range texts {
		fsys[fmt.Sprintf("%04d_f.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	list, err := schema.Files(fsys)
	require.NoError(t, err)
	return list
}

func exists(t *testing.T, server, name string) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	var found bool
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&found))
	return found
}

func TestPostgresReplaysAndGoesAway(t *testing.T) {
	t.Parallel()
	server := dbtest.PostgresServer(t)
	s, err := scratch.OpenPostgres(t.Context(), server)
	require.NoError(t, err)
	require.NoError(t, s.Replay(t.Context(), files(t,
		"CREATE TABLE t (a bigint PRIMARY KEY); SET search_path = pg_catalog;",
		"-- devtrail: no-transaction\nCREATE INDEX CONCURRENTLY t_i ON t (a); CREATE INDEX CONCURRENTLY t_j ON t (a);",
		"CREATE INDEX CONCURRENTLY t_k ON t (a)",
	)))
	var indexes int
	require.NoError(t, s.Conn().QueryRow(t.Context(), "SELECT count(*) FROM pg_indexes WHERE tablename = 't'").Scan(&indexes))
	assert.Equal(t, 4, indexes)
	require.ErrorContains(t, s.Replay(t.Context(), files(t, "SELECT 1", "CREATE TABLE u (a int);\nCREATE TABLE u (a int);")), "replay 0002_f.sql")
	require.NoError(t, s.Replay(t.Context(), files(t, "CREATE TABLE w (a int);\nCREATE ROLE devtrail_scratch_somebody;\nCREATE TABLE x (a int)")))
	var beyond int
	require.NoError(t, s.Conn().QueryRow(t.Context(), "SELECT count(*) FROM pg_roles WHERE rolname = 'devtrail_scratch_somebody'").Scan(&beyond))
	assert.Zero(t, beyond, "roles are left alone")
	other, err := s.Connect(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close(t.Context()))
	assert.False(t, exists(t, server, s.Name()), "a second connection does not keep it")
	_ = other.Close(context.Background())
}

// TestLeftoversAreDroppedAndOthersStay makes databases as a killed process leaves them.
func TestLeftoversAreDroppedAndOthersStay(t *testing.T) {
	server := dbtest.PostgresServer(t)
	conn, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	name := dbtest.Name(t)
	old := "devtrail_scratch_1000_" + name[len(name)-8:]
	used := old + "_used"
	for _, name := range []string{old, used} {
		_, err := conn.Exec(t.Context(), "CREATE DATABASE "+name)
		require.NoError(t, err)
	}
	cfg, err := pgx.ParseConfig(server)
	require.NoError(t, err)
	cfg.Database = used
	user, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	fresh, err := scratch.OpenPostgres(t.Context(), server)
	require.NoError(t, err)
	require.NoError(t, fresh.Conn().Close(t.Context()))
	next, err := scratch.OpenPostgres(t.Context(), server)
	require.NoError(t, err)
	assert.False(t, exists(t, server, old))
	assert.True(t, exists(t, server, used), "somebody uses it")
	assert.True(t, exists(t, server, fresh.Name()), "it is young: its owner may be about to connect")
	require.NoError(t, user.Close(t.Context()))
	require.NoError(t, fresh.Close(t.Context()))
	require.NoError(t, next.Close(t.Context()))
	_, err = conn.Exec(t.Context(), "DROP DATABASE IF EXISTS "+used)
	require.NoError(t, err)
}

func TestAnEndedContextLeavesNothing(t *testing.T) {
	t.Parallel()
	server := dbtest.PostgresServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	s, err := scratch.OpenPostgres(ctx, server)
	require.NoError(t, err)
	cancel()
	require.Error(t, s.Replay(ctx, files(t, "SELECT 1")))
	require.NoError(t, s.Close(ctx))
	assert.False(t, exists(t, server, s.Name()))
}

func TestGlobal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"ALTER SYSTEM SET work_mem = '4MB'": true, "create user a": true, "DROP OWNED BY a": true, "CREATE TABLE a (b int)": false, "SELECT 1": false, "VACUUM": false,
		"CREATE USER MAPPING FOR a SERVER b": false,
	} {
		statements, err := sqlsplit.Split(text, sqlsplit.Postgres)
		require.NoError(t, err)
		assert.Equal(t, want, scratch.Global(statements[0]), text)
	}
}

func TestClickHouseReplaysAndGoesAway(t *testing.T) {
	t.Parallel()
	server := dbtest.ClickHouseServer(t)
	s, err := scratch.OpenClickHouse(t.Context(), server)
	require.NoError(t, err)
	require.NoError(t, s.Replay(t.Context(), files(t,
		"CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a; INSERT INTO t VALUES (1);",
		"ALTER TABLE t ADD COLUMN b String; ALTER TABLE t UPDATE b = 'x' WHERE 1",
	)))
	var columns uint64
	require.NoError(t, s.Conn().QueryRow(t.Context(), "SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 't'").Scan(&columns))
	assert.Equal(t, uint64(2), columns)
	require.ErrorContains(t, s.Replay(t.Context(), files(t, "SELECT 1;\nCREATE TABLE u (a Nonsense) ENGINE = Memory")), "replay 0001_f.sql: line 2")
	require.NoError(t, s.Close(t.Context()))
	opts, err := clickhouse.ParseDSN(server)
	require.NoError(t, err)
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var n uint64
	require.NoError(t, conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = {name:String}", clickhouse.Named("name", s.Name())).Scan(&n))
	assert.Zero(t, n)
}

// TestClickHouseFilesDoNotReachOut replays what would act on a database in use.
func TestClickHouseFilesDoNotReachOut(t *testing.T) {
	t.Parallel()
	opts, err := clickhouse.ParseDSN(dbtest.EmptyClickHouse(t))
	require.NoError(t, err)
	live, err := clickhouse.Open(opts)
	require.NoError(t, err)
	defer live.Close()
	require.NoError(t, live.Exec(t.Context(), "CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a"))
	s, err := scratch.OpenClickHouse(t.Context(), dbtest.ClickHouseServer(t))
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close(context.Background())) }()

	name := opts.Auth.Database
	for _, text := range []string{
		"DROP TABLE " + name + ".kept",
		"DROP TABLE IF EXISTS `" + name + "`.`kept` SYNC",
		"TRUNCATE /* all */ TABLE \"" + name + "\" . kept",
		"CREATE MATERIALIZED VIEW m TO " + name + ".kept AS SELECT 1 AS a",
	} {
		require.ErrorContains(t, s.Replay(t.Context(), files(t, text)), "names the database "+name, text)
	}
	require.ErrorContains(t, s.Replay(t.Context(), files(t, "CREATE TABLE q (a String) ENGINE = Kafka('h:1', 't', 'g', 'JSONEachRow')")), "messages from a queue")
	require.NoError(t, s.Replay(t.Context(), files(t,
		"CREATE TABLE here ON CLUSTER 'many'\n(a UInt64, n Nested(b String)) ENGINE = MergeTree ORDER BY a",
		"ALTER TABLE here ON CLUSTER many ADD COLUMN n.c Array(String); SELECT '"+name+".kept' FROM system.one",
		"DROP DATABASE "+name+"; CREATE FUNCTION devtrail_scratch_beyond AS (x) -> x; SYSTEM FLUSH LOGS",
	)))
	var there uint64
	require.NoError(t, live.QueryRow(t.Context(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'kept'").Scan(&there))
	assert.Equal(t, uint64(1), there)
	require.NoError(t, live.QueryRow(t.Context(), "SELECT count() FROM system.functions WHERE name = 'devtrail_scratch_beyond'").Scan(&there))
	assert.Zero(t, there)
}
