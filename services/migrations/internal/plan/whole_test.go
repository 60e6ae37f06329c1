package plan_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/plan"
)

func TestAPlanHasSegmentsSizesAndAFingerprint(t *testing.T) {
	t.Parallel()
	base := "CREATE TABLE t (id bigint PRIMARY KEY, name text); CREATE TABLE small (a int)"
	address := dbtest.Postgres(t, fstest.MapFS{"0001_f.sql": {Data: []byte(base)}})
	conn := connect(t, address)
	_, err := conn.Exec(t.Context(), "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 10000) AS n; ANALYZE t")
	require.NoError(t, err)
	all := files(t, base,
		"ALTER TABLE t ADD COLUMN a int; CREATE TABLE made (b int);",
		"ALTER TABLE made ADD COLUMN c uuid DEFAULT gen_random_uuid(); ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid();",
		"CREATE INDEX CONCURRENTLY t_name ON t (name);",
		"ALTER TABLE small ADD COLUMN d int;",
		"-- devtrail: contract\n-- devtrail: no-reader t.a\nALTER TABLE t DROP COLUMN a;",
		"-- devtrail: contract\n-- devtrail: no-reader small.*\nDROP TABLE small;",
	)
	planner := plan.New(plan.Deps{PostgresURL: dbtest.PostgresServer(t), RewriteRate: 1 << 20, ScanRate: 2 << 20})
	made, err := planner.Plan(t.Context(), target(t, address), all[:1], all[1:5], all[5:])
	require.NoError(t, err)

	var shape []string
	for _, s := range made.Segments {
		shape = append(shape, map[bool]string{true: "transaction ", false: "alone "}[s.Transaction]+strings.Join(s.Files, "+"))
	}
	assert.Equal(t, []string{
		"transaction 0002_f.sql+0003_f.sql", "alone 0004_f.sql", "transaction 0005_f.sql", "transaction 0006_f.sql", "transaction 0007_f.sql",
	}, shape)
	first := made.Segments[0].Statements
	require.Len(t, first, 4)
	assert.Empty(t, first[2].Effects, "the table is made by the files themselves")
	rewrite := first[3].Effects[0]
	assert.Equal(t, "public.t", rewrite.Relation)
	assert.True(t, rewrite.Rewrite)
	assert.EqualValues(t, 10000, rewrite.LiveRows)
	assert.Greater(t, rewrite.LiveBytes, int64(1000_000))
	assert.Greater(t, first[3].Estimate, time.Second)
	assert.Zero(t, first[0].Estimate)
	index := made.Segments[1].Statements[0]
	assert.Less(t, index.Estimate, first[3].Estimate)
	assert.Equal(t, "SHARE UPDATE EXCLUSIVE", index.Effects[0].Lock)
	assert.True(t, index.Effects[0].Scan)

	same, err := planner.Fingerprint(t.Context(), target(t, address), all[1:])
	require.NoError(t, err)
	assert.Equal(t, made.Fingerprint, same)
	fewer, err := planner.Fingerprint(t.Context(), target(t, address), all[2:])
	require.NoError(t, err)
	assert.NotEqual(t, made.Fingerprint, fewer)
	_, err = conn.Exec(t.Context(), "CREATE INDEX by_hand ON small (a)")
	require.NoError(t, err)
	changed, err := planner.Fingerprint(t.Context(), target(t, address), all[1:])
	require.NoError(t, err)
	assert.NotEqual(t, made.Fingerprint, changed)
}

func TestWhatCannotBeMeasuredSaysWhy(t *testing.T) {
	t.Parallel()
	all := files(t, "CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN b int;\nALTER TABLE nobody ADD COLUMN c int;\nALTER TABLE t ADD COLUMN d int;", "ALTER TABLE t ADD COLUMN e int", "ALTER SYSTEM SET work_mem = '8MB'")
	missing := migrations.Target{Name: "x", Engine: migrations.Postgres, Database: "devtrail_nobody_made_this"}
	made, err := plan.New(plan.Deps{PostgresURL: dbtest.PostgresServer(t)}).Plan(t.Context(), missing, all[:1], all[1:], nil)
	require.NoError(t, err)
	statements := made.Segments[0].Statements
	assert.Empty(t, statements[0].Unmeasured)
	assert.Equal(t, "ACCESS EXCLUSIVE", statements[0].Effects[0].Lock)
	assert.Contains(t, statements[1].Unmeasured, "nobody")
	assert.Contains(t, statements[2].Unmeasured, "0002_f.sql line 2, which comes before, fails")
	assert.Contains(t, statements[3].Unmeasured, "0002_f.sql line 2")

	made, err = plan.New(plan.Deps{PostgresURL: dbtest.PostgresServer(t)}).Plan(t.Context(), missing, all[:1], all[3:], nil)
	require.NoError(t, err)
	assert.Contains(t, made.Segments[0].Statements[0].Unmeasured, "whole server")
}

// TestWhatOneTransactionRefusesIsSeen has statements that work one by one.
func TestWhatOneTransactionRefusesIsSeen(t *testing.T) {
	t.Parallel()
	planner := plan.New(plan.Deps{PostgresURL: dbtest.PostgresServer(t)})
	missing := migrations.Target{Name: "x", Engine: migrations.Postgres, Database: "devtrail_nobody_made_this"}
	base := "CREATE TYPE mood AS ENUM ('sad'); CREATE SCHEMA other; CREATE TABLE other.t (m mood, a int); CREATE TABLE flags (id bigint, a boolean); " +
		"CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)"
	one := func(texts ...string) []migrations.PlannedStatement {
		all := files(t, append([]string{base}, texts...)...)
		made, err := planner.Plan(t.Context(), missing, all[:1], all[1:], nil)
		require.NoError(t, err)
		var list []migrations.PlannedStatement
		for _, s := range made.Segments {
			list = append(list, s.Statements...)
		}
		return list
	}
	said := one("INSERT INTO p VALUES (77); INSERT INTO c VALUES (77)", "ALTER TABLE c ADD COLUMN n int", "ALTER TABLE other.t ADD COLUMN z int")
	assert.Empty(t, said[1].Unmeasured)
	assert.Contains(t, said[2].Unmeasured, "in the transaction that it shares")
	assert.Contains(t, said[2].Unmeasured, "pending trigger events")
	assert.Contains(t, said[3].Unmeasured, "0003_f.sql line 1")

	said = one("ALTER TYPE mood ADD VALUE 'glad'", "ALTER TABLE other.t ADD COLUMN n mood DEFAULT 'glad'")
	assert.Empty(t, said[1].Unmeasured, "a value of an enum ends the transaction")

	said = one("SET LOCAL search_path = other; ALTER TABLE t ADD COLUMN z int")
	assert.Empty(t, said[1].Unmeasured)
	assert.Equal(t, "other.t", said[1].Effects[0].Relation)

	said = one("CREATE UNIQUE INDEX CONCURRENTLY i ON flags (a); DROP INDEX i")
	assert.Empty(t, said[0].Unmeasured, "our rows do not differ there")
	assert.True(t, said[0].Effects[0].Scan)
	assert.Empty(t, said[1].Unmeasured)

	said = one("-- devtrail: no-transaction\nDO $$ BEGIN UPDATE other.t SET a = 1; COMMIT; UPDATE other.t SET a = 2; END $$")
	assert.Empty(t, said[0].Unmeasured)
	assert.Equal(t, "ROW EXCLUSIVE", said[0].Effects[0].Lock)
}

// TestNothingIsLeftBehind ends the context of a plan while a statement runs.
func TestNothingIsLeftBehind(t *testing.T) {
	server := dbtest.PostgresServer(t)
	observer := connect(t, server)
	all := files(t, "CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN b int; SELECT pg_sleep(600);")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := plan.New(plan.Deps{PostgresURL: server}).Plan(ctx, migrations.Target{Name: "x", Engine: migrations.Postgres, Database: "postgres"}, all[:1], all[1:], nil)
		ended <- err
	}()
	name := ""
	require.Eventually(t, func() bool {
		return observer.QueryRow(t.Context(), "SELECT datname FROM pg_stat_activity WHERE datname LIKE 'devtrail_scratch_%' AND query LIKE '%pg_sleep(600)%' AND state = 'active' LIMIT 1").Scan(&name) == nil
	}, 30*time.Second, 10*time.Millisecond)
	cancel()
	require.Error(t, <-ended)
	var left bool
	require.NoError(t, observer.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&left))
	assert.False(t, left)
}

func TestAPlanForClickHouse(t *testing.T) {
	t.Parallel()
	base := "CREATE TABLE t (id UInt64, name String) ENGINE = MergeTree ORDER BY id;\nCREATE TABLE u (id UInt64) ENGINE = MergeTree ORDER BY id"
	one, two, _ := strings.Cut(base, ";\n")
	address := dbtest.ClickHouse(t, fstest.MapFS{"0001_f.sql": {Data: []byte(one)}, "0002_f.sql": {Data: []byte(two)}})
	opts, err := clickhouse.ParseDSN(address)
	require.NoError(t, err)
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Exec(t.Context(), "INSERT INTO t SELECT number, 'x' FROM numbers(1000)"))
	u, err := url.Parse(address)
	require.NoError(t, err)
	live := migrations.Target{Name: "analytics", Engine: migrations.ClickHouse, Database: strings.TrimPrefix(u.Path, "/")}
	all := files(t, base, "ALTER TABLE t ADD COLUMN a String;\nALTER TABLE t UPDATE name = 'y' WHERE 1;\nALTER TABLE t MODIFY COLUMN name LowCardinality(String);\nDROP TABLE u;", "ALTER TABLE gone ADD COLUMN x Int8")
	planner := plan.New(plan.Deps{ClickHouseURL: dbtest.ClickHouseServer(t)})
	made, err := planner.Plan(t.Context(), live, all[:1], all[1:], nil)
	require.NoError(t, err)
	require.Len(t, made.Segments, 2)
	assert.False(t, made.Segments[0].Transaction)
	statements := made.Segments[0].Statements
	require.Len(t, statements, 4)
	for i, want := range []struct {
		relation string
		rewrite  bool
		rows     int64
	}{{"t", false, 1000}, {"t", true, 1000}, {"t", true, 1000}, {"u", false, 0}} {
		require.Len(t, statements[i].Effects, 1, statements[i].SQL)
		e := statements[i].Effects[0]
		assert.Equal(t, want.relation, e.Relation, statements[i].SQL)
		assert.Equal(t, want.rewrite, e.Rewrite, statements[i].SQL)
		assert.Equal(t, want.rows, e.LiveRows, statements[i].SQL)
	}
	assert.Contains(t, made.Segments[1].Statements[0].Unmeasured, "gone")
	// A plan changes nothing: not the live database where a file names it, and not the server.
	beyond, err := planner.Plan(t.Context(), live, all[:1], files(t, base, "DROP FUNCTION devtrail_plan_beyond;\nDROP TABLE "+live.Database+".t")[1:], nil)
	require.NoError(t, err)
	assert.Contains(t, beyond.Segments[0].Statements[0].Unmeasured, "whole server")
	assert.Contains(t, beyond.Segments[0].Statements[1].Unmeasured, "names the database "+live.Database)
	var rows uint64
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&rows))
	assert.Equal(t, uint64(1000), rows)
	live.Database = "devtrail_nobody_made_this"
	_, err = planner.Fingerprint(t.Context(), live, nil)
	require.NoError(t, err)
}
