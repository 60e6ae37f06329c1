package postgres_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations/lint/postgres"
	"devtrail.dev/services/migrations/lint/rule"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// measured is the schema, with rows, on which statements are measured.
const measured = `
CREATE TABLE o (id bigint PRIMARY KEY, code text NOT NULL);
CREATE TABLE t (id bigint NOT NULL, o_id bigint, n int, s varchar(20), x text, p numeric(10,2), at timestamp, j json, CHECK (p >= 0));
CREATE UNIQUE INDEX t_id_idx ON t (id);
CREATE INDEX t_x_idx ON t (x);
ALTER TABLE t ADD CONSTRAINT proven CHECK (n IS NOT NULL);
ALTER TABLE t ADD CONSTRAINT later CHECK (o_id > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT ref FOREIGN KEY (o_id) REFERENCES o NOT VALID;
CREATE TABLE parts (n int NOT NULL) PARTITION BY RANGE (n);
CREATE TABLE p1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 (n int NOT NULL, CHECK (n >= 10 AND n < 20));
CREATE TABLE p3 (n int NOT NULL);
CREATE TABLE e (id bigint, a varchar(9), b varchar(9), c varchar(9), d varchar(9), f varchar(9));
CREATE INDEX ON e (lower(a));
CREATE INDEX ON e (id) WHERE b = 'a';
CREATE INDEX ON e (c) WHERE id > 0;
CREATE INDEX ON e (id, d) INCLUDE (f);
CREATE DOMAIN coin AS float DEFAULT random();
CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;
CREATE UNIQUE INDEX m_idx ON m (id);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
INSERT INTO o VALUES (1, 'a');
INSERT INTO t VALUES (1, 1, 1, 'a', 'b', 1, now(), '{}'), (2, 1, 1, 'a', 'c', 1, now(), '{}');
INSERT INTO e VALUES (1, 'a', 'a', 'a', 'a', 'a');
INSERT INTO p1 VALUES (1);
INSERT INTO p2 VALUES (11);
INSERT INTO p3 VALUES (21);
`

// TestEffectsAreWhatTheServerDoes runs each statement in a transaction and compares the locks, the rewrites and the scans of all tables that were there.
func TestEffectsAreWhatTheServerDoes(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), dbtest.EmptyPostgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), measured)
	require.NoError(t, err)
	for _, sql := range strings.Split(strings.TrimSpace(measurable), "\n") {
		t.Run(sql, func(t *testing.T) {
			want := measure(t, conn, sql)
			effects := postgres.Effects([]rule.File{{Name: "0001.sql", SQL: measured}}, rule.File{Name: "0002.sql", SQL: sql}, rule.Options{ServerVersion: "18"})
			require.Len(t, effects, 1)
			got := []measurement{}
			for _, e := range effects[0] {
				got = append(got, measurement{e.Table, e.Lock.String(), e.Scan, e.Rewrite})
			}
			slices.SortFunc(got, func(a, b measurement) int { return cmp.Compare(a.Table, b.Table) })
			require.Equal(t, want, got)
		})
	}
}

// measurement is what a statement did to a table.
type measurement struct {
	Table         string
	Lock          string
	Scan, Rewrite bool
}

// measure runs a statement, looks, and rolls back.
func measure(t *testing.T, conn *pgx.Conn, sql string) []measurement {
	t.Helper()
	ctx := t.Context()
	tx, err := conn.Begin(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(ctx))) }()
	_, err = tx.Exec(ctx, `
CREATE TEMP TABLE before ON COMMIT DROP AS
SELECT c.oid, c.relname, pg_relation_filenode(c.oid) AS node,
       coalesce((SELECT x.seq_tup_read FROM pg_stat_xact_all_tables x WHERE x.relid = c.oid), 0) AS tuples
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm')`)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, sql)
	require.NoError(t, err)
	rows, err := tx.Query(ctx, `
SELECT b.relname,
       coalesce((SELECT (array_agg(l.mode ORDER BY array_position(ARRAY['AccessExclusiveLock','ExclusiveLock','ShareRowExclusiveLock','ShareLock','ShareUpdateExclusiveLock','RowExclusiveLock','RowShareLock','AccessShareLock'], l.mode)))[1]
                 FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = b.oid), '') AS mode,
       coalesce((SELECT x.seq_tup_read FROM pg_stat_xact_all_tables x WHERE x.relid = b.oid), 0) > b.tuples AS scanned,
       coalesce(pg_relation_filenode(b.oid) IS DISTINCT FROM b.node AND EXISTS (SELECT FROM pg_class c WHERE c.oid = b.oid), false) AS rewritten
FROM before b
ORDER BY b.relname`)
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[measurement])
	require.NoError(t, err)
	list := []measurement{}
	for _, m := range all {
		if m.Lock = lockNames[m.Lock]; m.Lock != "" {
			list = append(list, m)
		}
	}
	return list
}

// lockNames are the words of pg_locks for the locks that stop somebody; weaker ones are left out.
var lockNames = map[string]string{
	"AccessExclusiveLock": "ACCESS EXCLUSIVE", "ExclusiveLock": "EXCLUSIVE", "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE", "ShareLock": "SHARE",
	"ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE", "RowExclusiveLock": "ROW EXCLUSIVE", "RowShareLock": "ROW SHARE",
}

// measurable are the statements, one a line.
const measurable = `
ALTER TABLE t ADD COLUMN a int
ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 1
ALTER TABLE t ADD COLUMN a timestamptz DEFAULT now()
ALTER TABLE t ADD COLUMN a jsonb DEFAULT '{}'
ALTER TABLE t ADD COLUMN a timestamptz DEFAULT clock_timestamp()
ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()
ALTER TABLE t ADD COLUMN a coin
ALTER TABLE t ADD COLUMN a coin DEFAULT 1
ALTER TABLE t ADD COLUMN a coin DEFAULT NULL
ALTER TABLE t ADD COLUMN a bigserial
ALTER TABLE t ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY
ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (n + 1) STORED
ALTER TABLE t ADD COLUMN a int CHECK (a > 0)
ALTER TABLE t ADD COLUMN a int UNIQUE
ALTER TABLE t ADD COLUMN a bigint REFERENCES o
ALTER TABLE t DROP COLUMN s
ALTER TABLE t ALTER n SET DEFAULT 1
ALTER TABLE t ALTER n DROP DEFAULT
ALTER TABLE t ALTER n SET NOT NULL
ALTER TABLE t ALTER o_id SET NOT NULL
ALTER TABLE t ALTER id SET NOT NULL
ALTER TABLE t ALTER id DROP NOT NULL
ALTER TABLE t ALTER s TYPE varchar(30)
ALTER TABLE t ALTER s TYPE varchar(10)
ALTER TABLE e ALTER a TYPE text
ALTER TABLE e ALTER a TYPE varchar(20)
ALTER TABLE e ALTER b TYPE text
ALTER TABLE e ALTER c TYPE text
ALTER TABLE e ALTER d TYPE text
ALTER TABLE e ALTER f TYPE text
ALTER TABLE t ALTER s TYPE text
ALTER TABLE t ALTER x TYPE varchar
ALTER TABLE t ALTER x TYPE varchar(9)
ALTER TABLE t ALTER n TYPE bigint
ALTER TABLE t ALTER p TYPE numeric(12,2)
ALTER TABLE t ALTER p TYPE numeric(12,4)
ALTER TABLE t ALTER at TYPE timestamp(3)
ALTER TABLE t ALTER j TYPE jsonb
ALTER TABLE t ALTER s TYPE text USING s::text
ALTER TABLE t ALTER s TYPE text USING upper(s)
ALTER TABLE t ALTER n SET STATISTICS 100
ALTER TABLE t ALTER x SET STORAGE EXTERNAL
ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY
ALTER TABLE t SET (fillfactor = 90)
ALTER TABLE t SET UNLOGGED
ALTER TABLE t SET LOGGED
ALTER TABLE t SET ACCESS METHOD heap
ALTER TABLE t CLUSTER ON t_id_idx
ALTER TABLE t SET WITHOUT CLUSTER
ALTER TABLE t ADD CHECK (n > 0)
ALTER TABLE t ADD CHECK (n > 0) NOT VALID
ALTER TABLE t VALIDATE CONSTRAINT later
ALTER TABLE t VALIDATE CONSTRAINT ref
ALTER TABLE t DROP CONSTRAINT later
ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES o NOT VALID
ALTER TABLE t ADD UNIQUE (id)
ALTER TABLE t ADD UNIQUE USING INDEX t_id_idx
ALTER TABLE t ADD PRIMARY KEY (id)
ALTER TABLE t ADD PRIMARY KEY USING INDEX t_id_idx
ALTER TABLE t ADD EXCLUDE (id WITH =)
ALTER TABLE t REPLICA IDENTITY FULL
ALTER TABLE t ENABLE ROW LEVEL SECURITY
ALTER TABLE t DISABLE TRIGGER g
ALTER TABLE t ENABLE TRIGGER g
ALTER TABLE t OWNER TO CURRENT_USER
ALTER TABLE t RENAME TO u
ALTER TABLE t RENAME COLUMN n TO k
ALTER TABLE t RENAME CONSTRAINT later TO sooner
ALTER TABLE parts ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)
ALTER TABLE parts ATTACH PARTITION p3 FOR VALUES FROM (20) TO (30)
ALTER TABLE parts DETACH PARTITION p1
CREATE TABLE p4 PARTITION OF parts FOR VALUES FROM (30) TO (40)
CREATE TABLE c (o_id bigint REFERENCES o)
CREATE TABLE c (LIKE t INCLUDING ALL)
CREATE INDEX ON t (n)
CREATE UNIQUE INDEX ON t (id, n)
CREATE INDEX ON t (lower(x)) WHERE n > 0
DROP INDEX t_x_idx
DROP TABLE p3
DROP TABLE p2, p3
DROP MATERIALIZED VIEW m
DROP TRIGGER g ON t
CREATE TRIGGER h BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()
CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING
CREATE POLICY q ON t USING (true)
CREATE STATISTICS st ON n, o_id FROM t
COMMENT ON TABLE t IS 'a'
COMMENT ON COLUMN t.n IS 'a'
REINDEX TABLE o
REINDEX INDEX t_x_idx
CLUSTER t USING t_id_idx
REFRESH MATERIALIZED VIEW m
REFRESH MATERIALIZED VIEW CONCURRENTLY m
LOCK TABLE t
LOCK TABLE t IN SHARE MODE
ANALYZE o
UPDATE p3 SET n = 22
DELETE FROM p3
INSERT INTO p3 VALUES (23)
`

// TestDomainsReadTheirTables sees why NOT VALID is left alone and SET NOT NULL is not: what each does to a table with a column of the domain.
func TestDomainsReadTheirTables(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), dbtest.EmptyPostgres(t))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), "CREATE DOMAIN d AS int; CREATE TABLE t (n d); INSERT INTO t VALUES (1)")
	require.NoError(t, err)
	read := []measurement{{"t", "SHARE", true, false}}
	require.Equal(t, read, measure(t, conn, "ALTER DOMAIN d SET NOT NULL"))
	require.Equal(t, read, measure(t, conn, "ALTER DOMAIN d ADD CHECK (VALUE > 0)"))
	require.Empty(t, measure(t, conn, "ALTER DOMAIN d ADD CHECK (VALUE > 0) NOT VALID"))
}

// TestAnotherShapeOfATypeBreaksItsWriters sees what a build that writes the old shape meets.
func TestAnotherShapeOfATypeBreaksItsWriters(t *testing.T) {
	for change, code := range map[string]string{
		"ALTER TYPE address ADD ATTRIBUTE town text":    "42846",
		"ALTER TYPE address DROP ATTRIBUTE zip":         "42846",
		"ALTER TYPE address RENAME ATTRIBUTE zip TO no": "42703",
	} {
		conn, err := pgx.Connect(t.Context(), dbtest.EmptyPostgres(t))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		_, err = conn.Exec(t.Context(), "CREATE TYPE address AS (street text, zip text); CREATE TABLE t (a address)")
		require.NoError(t, err)
		const writer = "INSERT INTO t VALUES (ROW('a', 'b')::address) RETURNING (a).zip"
		_, err = conn.Exec(t.Context(), writer)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), change)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), writer)
		require.Equal(t, code, pg.Code(err), change)
	}
}
