package catalog_test

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/migrations/internal/catalog"
)

type clickHouse struct {
	conn     clickhouse.Conn
	database string
}

func openClickHouse(t *testing.T) clickHouse {
	t.Helper()
	opts, err := clickhouse.ParseDSN(dbtest.EmptyClickHouse(t))
	require.NoError(t, err)
	opts.Settings = clickhouse.Settings{"mutations_sync": 1, "alter_sync": 1}
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return clickHouse{conn, opts.Auth.Database}
}

func (c clickHouse) execute(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		require.NoError(t, c.conn.Exec(t.Context(), sql), sql)
	}
}

func (c clickHouse) read(t *testing.T) catalog.Catalog {
	t.Helper()
	all, err := catalog.ClickHouse(t.Context(), c.conn, c.database)
	require.NoError(t, err)
	return all
}

var chBase = []string{
	`CREATE TABLE t (id UInt64, day Date, name LowCardinality(String), note String DEFAULT 'a, (b', size UInt32 CODEC(ZSTD(3)), old String TTL day + INTERVAL 1 MONTH,
		INDEX by_name name TYPE bloom_filter GRANULARITY 4, CONSTRAINT some CHECK size < 10000, PROJECTION sums (SELECT name, sum(size) GROUP BY name))
		ENGINE = MergeTree PARTITION BY toYear(day) ORDER BY (id, day)`,
	"CREATE TABLE target (name String, n UInt64) ENGINE = SummingMergeTree ORDER BY name",
	"CREATE MATERIALIZED VIEW counts TO target AS SELECT name, count() AS n FROM t GROUP BY name",
	"CREATE VIEW v AS SELECT id FROM t",
	"CREATE DICTIONARY d (id UInt64, name String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(HASHED()) LIFETIME(60)",
	"CREATE TABLE merged (id UInt64) ENGINE = Merge(currentDatabase(), '^t$')",
}

var chChanges = []struct{ change, undo, kind, object string }{
	{"CREATE TABLE x (a Int8) ENGINE = Memory", "DROP TABLE x SYNC", "table", "x"},
	{"ALTER TABLE t ADD COLUMN extra Int8", "ALTER TABLE t DROP COLUMN extra", "column", "t.extra"},
	{"ALTER TABLE t MODIFY COLUMN note String DEFAULT 'b'", "ALTER TABLE t MODIFY COLUMN note String DEFAULT 'a, (b'", "column", "t.note"},
	{"ALTER TABLE t MODIFY COLUMN note Nullable(String)", "ALTER TABLE t MODIFY COLUMN note String DEFAULT 'a, (b'", "column", "t.note"},
	{"ALTER TABLE t MODIFY COLUMN size CODEC(LZ4)", "ALTER TABLE t MODIFY COLUMN size CODEC(ZSTD(3))", "column", "t.size"},
	{"ALTER TABLE t COMMENT COLUMN size 'cm'", "ALTER TABLE t COMMENT COLUMN size ''", "column", "t.size"},
	{"ALTER TABLE t MODIFY COLUMN old String TTL day + INTERVAL 2 MONTH", "ALTER TABLE t MODIFY COLUMN old String TTL day + INTERVAL 1 MONTH", "column ttl", "t.old"},
	{"ALTER TABLE t MODIFY TTL day + INTERVAL 5 YEAR", "ALTER TABLE t REMOVE TTL", "table", "t"},
	{"ALTER TABLE t MODIFY SETTING min_bytes_for_wide_part = 1", "ALTER TABLE t RESET SETTING min_bytes_for_wide_part", "table", "t"},
	{"ALTER TABLE t MODIFY COMMENT 'things'", "ALTER TABLE t MODIFY COMMENT ''", "table", "t"},
	{"ALTER TABLE t ADD INDEX by_size size TYPE minmax", "ALTER TABLE t DROP INDEX by_size", "index", "t.by_size"},
	{"ALTER TABLE t DROP INDEX by_name", "ALTER TABLE t ADD INDEX by_name name TYPE bloom_filter GRANULARITY 4", "index", "t.by_name"},
	{"ALTER TABLE t ADD CONSTRAINT other CHECK id > 0", "ALTER TABLE t DROP CONSTRAINT other", "constraint", "t.other"},
	{"ALTER TABLE t DROP CONSTRAINT some", "ALTER TABLE t ADD CONSTRAINT some CHECK size < 10000", "constraint", "t.some"},
	{"ALTER TABLE t DROP PROJECTION sums", "ALTER TABLE t ADD PROJECTION sums (SELECT name, sum(size) GROUP BY name)", "projection", "t.sums"},
	{"ALTER TABLE counts MODIFY QUERY SELECT name, count() + 0 AS n FROM t GROUP BY name", "ALTER TABLE counts MODIFY QUERY SELECT name, count() AS n FROM t GROUP BY name", "materialized view", "counts"},
	{"DROP VIEW v SYNC", "CREATE VIEW v AS SELECT id FROM t", "view", "v"},
	{"DROP DICTIONARY d SYNC", "CREATE DICTIONARY d (id UInt64, name String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(HASHED()) LIFETIME(60)", "dictionary", "d"},
	{"RENAME TABLE target TO aim", "RENAME TABLE aim TO target", "table", "aim"},
}

func TestEveryChangeOfClickHouseIsFoundAndItsUndoingToo(t *testing.T) {
	t.Parallel()
	ch := openClickHouse(t)
	ch.execute(t, chBase...)
	before := ch.read(t)
	for _, c := range chChanges {
		ch.execute(t, c.change)
		found := catalog.Compare(before, ch.read(t))
		assert.True(t, has(found, c.kind, c.object), "%s: not found as %s %s in %v", c.change, c.kind, c.object, found)
		ch.execute(t, c.undo)
		assert.Empty(t, catalog.Compare(before, ch.read(t)), c.undo)
	}
}

func TestClickHouseDatabasesThatAreAlikeHaveOneFingerprint(t *testing.T) {
	t.Parallel()
	one, two := openClickHouse(t), openClickHouse(t)
	one.execute(t, chBase...)
	two.execute(t, chBase...)
	two.execute(t, "CREATE TABLE devtrail_schema_history (a Int8) ENGINE = Memory", "INSERT INTO t (id, day) VALUES (1, '2026-01-01')")
	assert.Empty(t, catalog.Compare(one.read(t), two.read(t)))
	assert.Equal(t, one.read(t).Fingerprint(), two.read(t).Fingerprint())
}
