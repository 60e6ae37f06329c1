package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"devtrail.dev/services/migrations/lint/rule"
)

// hits is a table, with its Distributed one and a view that feeds another, that many samples stand upon.
const hits = "CREATE TABLE db.hits_local ON CLUSTER c (ts DateTime('UTC'), tenant UInt32, url String, status UInt16, agent Nullable(String), kind LowCardinality(String), e Enum8('a' = 1)) " +
	"ENGINE = ReplicatedMergeTree('/clickhouse/{cluster}/tables/{shard}/{database}/hits_local', '{replica}') PARTITION BY toYYYYMM(ts) ORDER BY (tenant, ts); " +
	"CREATE TABLE db.hits ON CLUSTER c AS db.hits_local ENGINE = Distributed('c', 'db', 'hits_local', cityHash64(tenant)); " +
	"CREATE TABLE db.daily (day Date, n UInt64) ENGINE = SummingMergeTree ORDER BY day; " +
	"CREATE MATERIALIZED VIEW db.daily_mv TO db.daily AS SELECT toDate(ts) AS day, count() AS n FROM db.hits_local WHERE status < 400 GROUP BY day; "

// variety are samples in the spellings that people use: clusters, heredocs, settings behind, several commands.
func variety() []samples {
	pairs := map[string]string{"db.hits": "db.hits_local"}
	with := func(o rule.Options, list []sample) []sample {
		for i := range list {
			list[i].opts = o
		}
		return list
	}
	return []samples{
		{
			"ch-missing-order-by",
			text("CREATE TABLE IF NOT EXISTS a ON CLUSTER '{cluster}' (b UInt8) ENGINE = ReplicatedReplacingMergeTree('/x/{shard}/{database}/a', '{replica}', b)", "CREATE OR REPLACE TABLE a (b UInt8) ENGINE = AggregatingMergeTree() COMMENT 'x'"),
			text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree ORDER BY b SETTINGS storage_policy = 'hot'", "CREATE TABLE a (b UInt8) ENGINE = Distributed(c, db, a_local, rand())", "CREATE TABLE a (b UInt8) ENGINE = Null", "CREATE TABLE a (b UInt8) ENGINE = Kafka(k)"),
		},
		{
			"ch-empty-order-by",
			text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree ORDER BY tuple() SETTINGS index_granularity = 8192"),
			text("CREATE TABLE a (b UInt8) ENGINE = Memory"),
		},
		{
			"ch-high-cardinality-leading-key",
			text(
				"CREATE TABLE a (id UUID, ts DateTime('UTC')) ENGINE = MergeTree ORDER BY (id, ts)", "CREATE TABLE a (h UInt64, ts DateTime('UTC')) ENGINE = MergeTree ORDER BY (sipHash64(h), ts)",
				"CREATE TABLE a (ts DateTime64(3, 'UTC'), t UInt32) ENGINE = MergeTree ORDER BY (ts, t)", "CREATE TABLE a (trace_id String, ts DateTime('UTC')) ENGINE = MergeTree PRIMARY KEY trace_id ORDER BY (trace_id, ts)",
				"CREATE TABLE a (event_id UInt64, ts DateTime('UTC')) ENGINE = MergeTree ORDER BY (event_id, ts)",
			),
			text(
				"CREATE TABLE a (tenant UInt32, id UUID) ENGINE = MergeTree ORDER BY (tenant, id)", "CREATE TABLE a (org_id UUID, id UUID) ENGINE = MergeTree ORDER BY (org_id, id)",
				"CREATE TABLE a (ts DateTime('UTC'), t UInt32) ENGINE = MergeTree ORDER BY (toStartOfHour(ts), t)", "CREATE TABLE a (kind LowCardinality(String), id UInt64) ENGINE = MergeTree ORDER BY (kind, id)",
			),
		},
		{
			"ch-primary-key-not-prefix",
			text("CREATE TABLE a (b UInt8, c UInt8) ENGINE = MergeTree PRIMARY KEY (b, c) ORDER BY b", "CREATE TABLE a (b UInt8, c UInt8) ENGINE = MergeTree ORDER BY (b, c) PRIMARY KEY c"),
			text("CREATE TABLE a (b UInt8, c DateTime('UTC')) ENGINE = MergeTree PRIMARY KEY (b, toDate(c)) ORDER BY (b, toDate( c ), c)", "CREATE TABLE a (b UInt8) ENGINE = MergeTree PRIMARY KEY b ORDER BY (b)"),
		},
		{
			"ch-nullable-in-key",
			text("CREATE TABLE a (b Nullable(UInt8), c UInt8) ENGINE = MergeTree ORDER BY (c, b)", "CREATE TABLE a (b LowCardinality(Nullable(String))) ENGINE = MergeTree ORDER BY b", "CREATE TABLE a (b Nullable(UInt8)) ENGINE = MergeTree ORDER BY b SETTINGS allow_nullable_key = 1", "CREATE TABLE a (b UInt8 NULL) ENGINE = MergeTree ORDER BY b", "CREATE TABLE a (d Nullable(Date), b UInt8) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY b"),
			text("CREATE TABLE a (b Nullable(UInt8), c UInt8) ENGINE = MergeTree ORDER BY (c, ifNull(b, 0))", "CREATE TABLE a (b Nullable(UInt8), c UInt8) ENGINE = MergeTree ORDER BY c"),
		},
		{
			"ch-float-partition-key",
			text("CREATE TABLE a (f Float32, b UInt8) ENGINE = MergeTree PARTITION BY f ORDER BY b", "CREATE TABLE a (f Float32, b UInt8) ENGINE = MergeTree PARTITION BY (b, f) ORDER BY b"),
			text("CREATE TABLE a (f Float32, b UInt8) ENGINE = MergeTree PARTITION BY toUInt8(f) ORDER BY b", "CREATE TABLE a (f Decimal(9, 2), b UInt8) ENGINE = MergeTree ORDER BY b"),
		},
		{
			"ch-partition-too-granular",
			text(
				"CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY ts ORDER BY b", "CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY toStartOfHour(ts) ORDER BY b",
				"CREATE TABLE a (ts DateTime('UTC'), tenant_id UInt32) ENGINE = MergeTree PARTITION BY (tenant_id, toDate(ts)) ORDER BY ts", "CREATE TABLE a (user_id UInt64) ENGINE = MergeTree PARTITION BY user_id ORDER BY user_id",
				"CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY b", "CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY formatDateTime(ts, '%Y-%m-%d %H') ORDER BY b",
				"CREATE TABLE a (session_id String) ENGINE = MergeTree PARTITION BY cityHash64(session_id) % 5000 ORDER BY session_id",
			),
			text(
				"CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY b", "CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY b TTL ts + INTERVAL 30 DAY",
				"CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY toMonday(ts) ORDER BY b", "CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree ORDER BY b",
				"CREATE TABLE a (session_id String) ENGINE = MergeTree PARTITION BY cityHash64(session_id) % 16 ORDER BY session_id", "CREATE TABLE a (ts DateTime('UTC'), b UInt8) ENGINE = MergeTree PARTITION BY toStartOfInterval(ts, INTERVAL 1 MONTH) ORDER BY b",
			),
		},
		{
			"ch-modify-order-by-existing-column",
			upon(hits, "ALTER TABLE db.hits_local ON CLUSTER c MODIFY ORDER BY (tenant, ts, url)", "ALTER TABLE db.hits_local ADD COLUMN IF NOT EXISTS x UInt8 DEFAULT 1, MODIFY ORDER BY (tenant, ts, x) SETTINGS alter_sync = 2"),
			upon(hits, "ALTER TABLE db.hits_local ADD COLUMN IF NOT EXISTS x UInt8, MODIFY ORDER BY (tenant, ts, x)", "ALTER TABLE db.hits_local MODIFY COLUMN url String CODEC(ZSTD(3))"),
		},
		{
			"ch-alter-key-column",
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN IF EXISTS tenant UInt64", "ALTER TABLE db.hits_local ON CLUSTER c RENAME COLUMN ts TO at", "ALTER TABLE db.hits_local ALTER COLUMN tenant TYPE String", "ALTER TABLE db.hits_local DROP COLUMN ts"),
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN tenant UInt32 COMMENT 'who'", "ALTER TABLE db.hits_local MODIFY COLUMN status UInt32", "ALTER TABLE db.hits_local COMMENT COLUMN tenant 'who'"),
		},
		{
			"ch-update-key-column",
			upon(hits, "ALTER TABLE db.hits_local UPDATE url = '', tenant = 1 IN PARTITION 202401 WHERE status = 1", "UPDATE db.hits_local SET ts = now() WHERE tenant = 1"),
			upon(hits, "ALTER TABLE db.hits_local UPDATE url = 'tenant = 1' WHERE tenant = 1"),
		},
		{
			"ch-modify-column-type-rewrite",
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN status UInt32", "ALTER TABLE db.hits_local MODIFY COLUMN url Nullable(String)", "ALTER TABLE db.hits_local MODIFY COLUMN url LowCardinality(String)", "ALTER TABLE db.hits_local MODIFY COLUMN e Enum8('b' = 1)", "ALTER TABLE db.hits_local MODIFY COLUMN kind String"),
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN e Enum8('a' = 1, 'b' = 2)", "ALTER TABLE db.hits_local MODIFY COLUMN url String CODEC(ZSTD(1))", "ALTER TABLE db.hits_local MODIFY COLUMN url DEFAULT 'x'", "ALTER TABLE db.hits_local MODIFY COLUMN url REMOVE COMMENT", "ALTER TABLE db.hits_local MODIFY COLUMN status UInt16"),
		},
		{
			"ch-modify-column-type-may-strand",
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN url UInt64", "ALTER TABLE db.hits_local MODIFY COLUMN url JSON", "ALTER TABLE db.hits_local MODIFY COLUMN agent Nullable(DateTime)", "ALTER TABLE db.hits_local MODIFY COLUMN kind Enum8('a' = 1)", "ALTER TABLE db.hits_local MODIFY COLUMN url UUID"),
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN status UInt64", "ALTER TABLE db.hits_local MODIFY COLUMN status String", "ALTER TABLE db.hits_local MODIFY COLUMN url LowCardinality(String)"),
		},
		{
			"ch-nullable-to-non-nullable",
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN agent String", "ALTER TABLE db.hits_local MODIFY COLUMN agent LowCardinality(String)"),
			upon(hits, "ALTER TABLE db.hits_local MODIFY COLUMN agent String DEFAULT ''", "ALTER TABLE db.hits_local MODIFY COLUMN agent Nullable(String) CODEC(ZSTD(1))", "ALTER TABLE db.hits_local MODIFY COLUMN url String"),
		},
		{
			"ch-heavy-mutation",
			text("ALTER TABLE a ON CLUSTER c MATERIALIZE INDEX i IN PARTITION 202401", "ALTER TABLE a MATERIALIZE TTL", "ALTER TABLE a MATERIALIZE PROJECTION IF EXISTS p", "ALTER TABLE a MATERIALIZE COLUMN b SETTINGS mutations_sync = 2", "ALTER TABLE a DELETE WHERE b = 1"),
			text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8", "ALTER TABLE a ADD INDEX IF NOT EXISTS i b TYPE minmax GRANULARITY 1", "ALTER TABLE a COMMENT COLUMN b 'UPDATE x = 1 WHERE 1'"),
		},
		{
			"ch-unbounded-mutation",
			text("ALTER TABLE a UPDATE b = 1 WHERE 1", "ALTER TABLE a DELETE WHERE true", "ALTER TABLE a DELETE WHERE 1 = 1 SETTINGS mutations_sync = 1", "DELETE FROM a WHERE 1"),
			text("ALTER TABLE a UPDATE b = 1 IN PARTITION '2024-01' WHERE c = 2", "ALTER TABLE a DELETE IN PARTITION ID 'x' WHERE c = 2"),
		},
		{"ch-lightweight-delete-in-migration", text("DELETE FROM db.a ON CLUSTER c WHERE id = 1", "UPDATE a SET b = 1 WHERE c = 2", "DELETE FROM a IN PARTITION 202401 WHERE b = 1"), text("ALTER TABLE a DELETE WHERE id = 1")},
		{
			"ch-mixed-metadata-and-mutation",
			text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8, UPDATE b = 1 WHERE c = 2", "ALTER TABLE a MODIFY COLUMN b String, DELETE WHERE c = 2", "ALTER TABLE a ADD INDEX IF NOT EXISTS i b TYPE minmax, MATERIALIZE INDEX i"),
			text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8, ADD COLUMN IF NOT EXISTS c UInt8", "ALTER TABLE a UPDATE b = 1 WHERE c = 2, UPDATE d = 1 WHERE c = 3"),
		},
		{
			"ch-modify-ttl-materializes",
			text("ALTER TABLE a ON CLUSTER c MODIFY TTL ts + INTERVAL 1 MONTH", "ALTER TABLE a MODIFY TTL ts + toIntervalDay(7) SETTINGS mutations_sync = 0", "ALTER TABLE a MODIFY COLUMN b String TTL ts + INTERVAL 1 DAY"),
			text("ALTER TABLE a MODIFY TTL ts + INTERVAL 1 MONTH SETTINGS materialize_ttl_after_modify = 0", "ALTER TABLE a REMOVE TTL", "ALTER TABLE a MODIFY TTL ts + INTERVAL 1 DAY SETTINGS mutations_sync = 0, materialize_ttl_after_modify = 0"),
		},
		{
			"ch-index-not-materialized",
			text("ALTER TABLE a ADD PROJECTION IF NOT EXISTS p (SELECT b ORDER BY b)", "ALTER TABLE a ADD STATISTICS IF NOT EXISTS b TYPE tdigest", "CREATE INDEX IF NOT EXISTS i ON a (b) TYPE minmax"),
			text("ALTER TABLE a ADD INDEX IF NOT EXISTS i b TYPE minmax; ALTER TABLE a MATERIALIZE INDEX i", "CREATE TABLE a (b UInt8, INDEX i b TYPE minmax) ENGINE = MergeTree ORDER BY b"),
		},
		{
			"ch-add-column-volatile-default",
			text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UUID DEFAULT generateUUIDv4()", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b DateTime('UTC') DEFAULT now() + 1", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt32 MATERIALIZED rand() % 10 AFTER c"),
			text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8 DEFAULT 0", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b Date DEFAULT toDate(ts)", "CREATE TABLE a (b DateTime('UTC') DEFAULT now()) ENGINE = MergeTree ORDER BY b", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b DateTime('UTC') ALIAS now()"),
		},
		{"ch-optimize-final", text("OPTIMIZE TABLE db.a ON CLUSTER c PARTITION 202401 FINAL", "OPTIMIZE TABLE a FINAL DEDUPLICATE BY b", "optimize table a final"), text("OPTIMIZE TABLE a", "SELECT * FROM a FINAL")},
		{"ch-drop-column", text("ALTER TABLE a ON CLUSTER c DROP COLUMN IF EXISTS b, ADD COLUMN IF NOT EXISTS d UInt8", "ALTER TABLE a CLEAR COLUMN IF EXISTS b IN PARTITION 202401"), text("ALTER TABLE a DROP INDEX IF EXISTS b", "ALTER TABLE a DROP PROJECTION IF EXISTS b")},
		{"ch-drop-table", text("DROP TABLE IF EXISTS db.a ON CLUSTER c SYNC", "DETACH TABLE a PERMANENTLY", "DROP TABLE a, b"), append(text("DROP VIEW IF EXISTS v", "DROP DICTIONARY IF EXISTS d", "DROP TEMPORARY TABLE IF EXISTS t"), upon(hits, "DROP TABLE IF EXISTS db.hits ON CLUSTER c SYNC")...)},
		{"ch-truncate", text("TRUNCATE TABLE IF EXISTS db.a ON CLUSTER c", "TRUNCATE a", "TRUNCATE DATABASE d", "TRUNCATE ALL TABLES FROM d"), text("DELETE FROM a WHERE b = 1", "SELECT truncate(1.5)")},
		{"ch-drop-partition", text("ALTER TABLE a DROP PARTITION ID '202401'", "ALTER TABLE a ON CLUSTER c DETACH PARTITION 202401", "ALTER TABLE a DROP PART 'all_1_1_0'", "ALTER TABLE a DROP DETACHED PARTITION 202401 SETTINGS allow_drop_detached = 1"), text("ALTER TABLE a ATTACH PARTITION 202401", "ALTER TABLE a FREEZE PARTITION 202401", "ALTER TABLE a MOVE PARTITION 202401 TO DISK 'cold'")},
		{"ch-drop-database", text("DROP DATABASE IF EXISTS d ON CLUSTER c SYNC", "DETACH DATABASE d"), text("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")},
		{"ch-drop-guard-bypass", text("DROP TABLE IF EXISTS a SETTINGS max_table_size_to_drop = 0", "ALTER TABLE a DROP PARTITION 202401 SETTINGS max_partition_size_to_drop = 0", "SET max_table_size_to_drop = 0", "TRUNCATE TABLE a SETTINGS max_table_size_to_drop=0"), text("DROP TABLE IF EXISTS a SYNC", "DROP TABLE IF EXISTS a SETTINGS max_table_size_to_drop = 1000000")},
		{"ch-create-or-replace-table", text("CREATE OR REPLACE TABLE db.a ON CLUSTER c (b UInt8) ENGINE = MergeTree ORDER BY b", "REPLACE TABLE a (b UInt8) ENGINE = MergeTree ORDER BY b"), text("CREATE OR REPLACE VIEW v AS SELECT 1 AS a", "CREATE OR REPLACE DICTIONARY d (id UInt64) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(0)", "CREATE OR REPLACE FUNCTION f AS x -> x")},
		{"ch-exchange-tables", text("EXCHANGE TABLES db.a AND db.b ON CLUSTER c"), text("EXCHANGE DICTIONARIES a AND b", "RENAME TABLE a TO b")},
		{"ch-rename-table", text("RENAME TABLE a TO b, c TO d ON CLUSTER x", "RENAME DATABASE a TO b"), text("RENAME DICTIONARY a TO b", "ALTER TABLE a RENAME COLUMN IF EXISTS b TO c")},
		{"ch-rename-column", text("ALTER TABLE a ON CLUSTER c RENAME COLUMN IF EXISTS `b c` TO d"), text("RENAME TABLE a TO b")},
		{
			"ch-alter-column-used-by-mv",
			upon(hits, "ALTER TABLE db.hits_local DROP COLUMN status", "ALTER TABLE db.hits_local RENAME COLUMN status TO code", "ALTER TABLE db.hits_local MODIFY COLUMN status UInt32", "ALTER TABLE db.daily DROP COLUMN n"),
			upon(hits, "ALTER TABLE db.hits_local DROP COLUMN url", "DROP VIEW IF EXISTS db.daily_mv SYNC; ALTER TABLE db.hits_local DROP COLUMN status", "ALTER TABLE db.hits_local MODIFY COLUMN status UInt16 CODEC(ZSTD(1))"),
		},
		{"ch-drop-mv-target", upon(hits, "DROP TABLE IF EXISTS db.daily SYNC", "DROP TABLE db.daily ON CLUSTER c"), upon(hits, "DROP VIEW IF EXISTS db.daily_mv SYNC; DROP TABLE IF EXISTS db.daily SYNC", "DROP TABLE IF EXISTS db.other")},
		{"ch-mv-populate", text("CREATE MATERIALIZED VIEW IF NOT EXISTS v ENGINE = MergeTree ORDER BY a POPULATE AS SELECT a FROM t"), text("CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT a FROM t")},
		{"ch-mv-without-to", text("CREATE MATERIALIZED VIEW IF NOT EXISTS v ON CLUSTER c ENGINE = SummingMergeTree ORDER BY a AS SELECT a, count() AS n FROM t GROUP BY a"), text("CREATE MATERIALIZED VIEW IF NOT EXISTS v ON CLUSTER c TO db.d (a UInt8) AS SELECT a FROM t", "CREATE VIEW v AS SELECT 1 AS a")},
		{"ch-mv-select-star", text("CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT t.*, 1 AS b FROM t", "CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT * EXCEPT (a) FROM t", "ALTER TABLE v MODIFY QUERY SELECT * FROM t"), text("CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT count(*) AS n FROM t", "CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT a FROM (SELECT * FROM t)", "CREATE VIEW v AS SELECT * FROM t")},
		{"ch-mv-unaliased-column", text("CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT a, sum(b) FROM t GROUP BY a", "CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS SELECT a + 1 FROM t"), text("CREATE MATERIALIZED VIEW IF NOT EXISTS v TO d AS WITH 1 AS x SELECT t.a, sum(b) AS s, toDate(ts) day FROM t GROUP BY a, day")},
		{
			"ch-not-idempotent",
			text("CREATE TABLE a (b UInt8) ENGINE = MergeTree ORDER BY b", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8, ADD COLUMN c UInt8", "DROP VIEW v", "ALTER TABLE a DROP INDEX i", "CREATE MATERIALIZED VIEW v TO d AS SELECT a FROM t", "CREATE DATABASE d", "ALTER TABLE a ADD CONSTRAINT c CHECK b > 0", "ALTER TABLE a RENAME COLUMN b TO c"),
			text("CREATE OR REPLACE VIEW v AS SELECT 1 AS a", "ALTER TABLE a MODIFY COLUMN b UInt8 CODEC(ZSTD(1))", "ALTER TABLE a DROP COLUMN IF EXISTS b", "INSERT INTO a VALUES (1)", "ALTER TABLE a MODIFY SETTING ttl_only_drop_parts = 1", "CREATE ROLE IF NOT EXISTS r"),
		},
		{"ch-drop-replicated-without-sync", text("DROP TABLE IF EXISTS a ON CLUSTER c; CREATE TABLE IF NOT EXISTS a ON CLUSTER c (b UInt8) ENGINE = ReplicatedMergeTree('/x/{shard}/{database}/a', '{replica}') ORDER BY b"), text("DROP TABLE IF EXISTS a NO DELAY; CREATE TABLE IF NOT EXISTS a (b UInt8) ENGINE = ReplicatedMergeTree('/x/{shard}/{database}/a', '{replica}') ORDER BY b", "DROP TABLE IF EXISTS a; CREATE TABLE IF NOT EXISTS a (b UInt8) ENGINE = MergeTree ORDER BY b", "DROP TABLE IF EXISTS a")},
		{"ch-suspicious-low-cardinality", text("CREATE TABLE a (b LowCardinality(UUID)) ENGINE = Memory", "ALTER TABLE a ADD COLUMN IF NOT EXISTS b LowCardinality(Nullable(Date))", "CREATE TABLE a (b Array(LowCardinality(UInt32))) ENGINE = Memory"), text("CREATE TABLE a (b LowCardinality(FixedString(2)), c Map(LowCardinality(String), UInt8)) ENGINE = Memory")},
		{"ch-low-cardinality-on-id-like-column", text("CREATE TABLE a (user_id LowCardinality(String)) ENGINE = Memory", "ALTER TABLE a ADD COLUMN IF NOT EXISTS sessionUuid LowCardinality(Nullable(String))", "CREATE TABLE a (page_url LowCardinality(String)) ENGINE = Memory"), text("CREATE TABLE a (url_scheme LowCardinality(String), kind LowCardinality(String), user_id String) ENGINE = Memory")},
		{"ch-nullable-low-cardinality-nesting", text("ALTER TABLE a MODIFY COLUMN b Nullable(LowCardinality(String))", "CREATE TABLE a (b Array(Nullable(LowCardinality(String)))) ENGINE = Memory"), text("CREATE TABLE a (b LowCardinality(Nullable(String))) ENGINE = Memory")},
		{"ch-prefer-default-over-nullable", text("CREATE TABLE a (clicks Nullable(UInt32)) ENGINE = Memory", "ALTER TABLE a ADD COLUMN IF NOT EXISTS name Nullable(String)", "CREATE TABLE a (n UInt8 NULL) ENGINE = Memory"), text("CREATE TABLE a (deleted_at Nullable(DateTime('UTC')), parent_id Nullable(UInt64), b UInt8 DEFAULT 0) ENGINE = Memory")},
		{"ch-consider-low-cardinality", text("CREATE TABLE a (country String, ts DateTime('UTC')) ENGINE = Memory", "ALTER TABLE a ADD COLUMN IF NOT EXISTS browser_name String DEFAULT ''"), text("CREATE TABLE a (country LowCardinality(String), message String, status Enum8('a' = 1)) ENGINE = Memory")},
		{"ch-prefer-native-types", text("CREATE TABLE a (created_at String) ENGINE = Memory", "CREATE TABLE a (event_date String, user_uuid String) ENGINE = Memory", "ALTER TABLE a ADD COLUMN IF NOT EXISTS is_active String"), text("CREATE TABLE a (created_at DateTime('UTC'), name String, body String) ENGINE = Memory")},
		{"ch-minimize-bit-width", text("CREATE TABLE a (age Int64) ENGINE = Memory", "CREATE TABLE a (status_code UInt64) ENGINE = Memory"), text("CREATE TABLE a (age UInt8, bytes UInt64, user_id UInt64) ENGINE = Memory")},
		{"ch-datetime-without-timezone", text("CREATE TABLE a (ts DateTime64(3)) ENGINE = Memory", "ALTER TABLE a ADD COLUMN IF NOT EXISTS ts Nullable(DateTime)"), text("CREATE TABLE a (ts DateTime64(3, 'UTC'), d Date) ENGINE = Memory", "ALTER TABLE a COMMENT COLUMN ts 'DateTime'")},
		{"ch-codec-without-general-compression", text("CREATE TABLE a (ts UInt64 CODEC(DoubleDelta)) ENGINE = Memory", "ALTER TABLE a MODIFY COLUMN f Float64 CODEC(Gorilla(8))", "CREATE TABLE a (b String CODEC(Delta, ZSTD(1))) ENGINE = Memory"), text("CREATE TABLE a (ts UInt64 CODEC(Delta(8), LZ4HC(9)), b String CODEC(NONE)) ENGINE = Memory")},
		{"ch-replacing-without-version", text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedReplacingMergeTree('/x/{shard}/{database}/a', '{replica}') ORDER BY b", "CREATE TABLE a (b UInt8) ENGINE = ReplacingMergeTree ORDER BY b"), text("CREATE TABLE a (b UInt8, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY b", "CREATE TABLE a (b UInt8, v UInt64) ENGINE = ReplicatedReplacingMergeTree('/x/{shard}/{database}/a', '{replica}', v) ORDER BY b")},
		{"ch-unreplicated-engine-on-cluster", text("CREATE TABLE IF NOT EXISTS a ON CLUSTER '{cluster}' (b UInt8) ENGINE = SummingMergeTree ORDER BY b", "CREATE TABLE a ON CLUSTER c (b UInt8) ENGINE = Log"), text("CREATE TABLE a ON CLUSTER c (b UInt8) ENGINE = ReplicatedMergeTree ORDER BY b", "CREATE TABLE a ON CLUSTER c (b UInt8) ENGINE = Distributed(c, db, l, rand())", "CREATE TABLE a ON CLUSTER c (b UInt8) ENGINE = Null", "CREATE TABLE a ON CLUSTER c (b UInt8) ENGINE = Kafka(k)", "CREATE TABLE a (b UInt8) ENGINE = MergeTree ORDER BY b")},
		{"ch-missing-on-cluster", with(rule.Options{Cluster: "c"}, text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8", "DROP VIEW IF EXISTS v", "CREATE DICTIONARY IF NOT EXISTS d (id UInt64) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(0)", "RENAME TABLE a TO b")), with(rule.Options{Cluster: "c"}, text("ALTER TABLE a ON CLUSTER c ADD COLUMN IF NOT EXISTS b UInt8", "RENAME TABLE a TO b ON CLUSTER c", "INSERT INTO a VALUES (1)", "SELECT 1", "CREATE TEMPORARY TABLE t (a UInt8)"))},
		{"ch-replicated-path-without-shard-macro", text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{database}/a', '{replica}') ORDER BY b"), text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{layer}-{shard}/{database}/a', '{replica}') ORDER BY b", "CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree ORDER BY b")},
		{"ch-replicated-path-without-replica-macro", text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/a', 'r1') ORDER BY b"), text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/a', '{shard}-{replica}') ORDER BY b")},
		{"ch-replicated-path-without-database", text("CREATE TABLE a (b UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/a', '{replica}') ORDER BY b"), text("CREATE TABLE a ON CLUSTER c (b UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY b")},
		{
			"ch-distributed-pair-incomplete",
			append(upon(hits, "ALTER TABLE db.hits_local ON CLUSTER c ADD COLUMN IF NOT EXISTS x UInt8", "ALTER TABLE db.hits ON CLUSTER c DROP COLUMN IF EXISTS url"), with(rule.Options{Pairs: pairs}, text("ALTER TABLE db.hits_local MODIFY COLUMN status UInt64"))...),
			upon(hits, "ALTER TABLE db.hits_local ADD COLUMN IF NOT EXISTS x UInt8; ALTER TABLE db.hits ADD COLUMN IF NOT EXISTS x UInt8", "ALTER TABLE db.hits_local ADD INDEX IF NOT EXISTS i url TYPE minmax", "ALTER TABLE db.hits_local MODIFY TTL ts + INTERVAL 1 DAY", "ALTER TABLE db.daily ADD COLUMN IF NOT EXISTS x UInt8"),
		},
		{"ch-distributed-pair-order", upon(hits, "ALTER TABLE db.hits ADD COLUMN IF NOT EXISTS x UInt8; ALTER TABLE db.hits_local ADD COLUMN IF NOT EXISTS x UInt8", "ALTER TABLE db.hits_local DROP COLUMN IF EXISTS url; ALTER TABLE db.hits DROP COLUMN IF EXISTS url"), upon(hits, "ALTER TABLE db.hits DROP COLUMN IF EXISTS url; ALTER TABLE db.hits_local DROP COLUMN IF EXISTS url")},
		{"ch-distributed-without-sharding-key", text("CREATE TABLE IF NOT EXISTS a ON CLUSTER c AS l ENGINE = Distributed('{cluster}', currentDatabase(), 'l')"), text("CREATE TABLE a AS l ENGINE = Distributed('c', 'db', 'l', id, 'policy')")},
		{"ch-distributed-random-sharding", text("CREATE TABLE a AS l ENGINE = Distributed('c', 'db', 'l', rand64())"), text("CREATE TABLE a AS l ENGINE = Distributed('c', 'db', 'l', cityHash64(id))")},
		{"ch-unbounded-insert-select", text("INSERT INTO b SELECT * FROM a", "INSERT INTO b (x) SELECT x FROM db.a WHERE kind = 'k'", "INSERT INTO b SELECT a.x FROM a JOIN c ON a.id = c.id"), append(text("INSERT INTO b SELECT x FROM a WHERE toYYYYMM(ts) = 202401", "INSERT INTO b VALUES (1)", "INSERT INTO b SELECT number FROM numbers(10)", "INSERT INTO b SELECT x FROM a WHERE _partition_id = '202401'"), upon(hits, "INSERT INTO b SELECT url FROM db.hits_local WHERE ts >= '2024-01-01' AND ts < '2024-02-01'")...)},
		{"ch-readonly-setting", text("ALTER TABLE a ON CLUSTER c MODIFY SETTING index_granularity = 1024, ttl_only_drop_parts = 1", "ALTER TABLE a RESET SETTING index_granularity"), text("ALTER TABLE a MODIFY SETTING max_part_loading_threads = 8", "CREATE TABLE a (b UInt8) ENGINE = MergeTree ORDER BY b SETTINGS index_granularity = 1024")},
		{"ch-session-setting-in-migration", text("SET allow_experimental_object_type = 1", "SET mutations_sync = 2; ALTER TABLE a DELETE WHERE b = 1"), text("ALTER TABLE a ADD COLUMN IF NOT EXISTS b UInt8 SETTINGS alter_sync = 2", "ALTER TABLE a UPDATE b = 1 WHERE c = 2", "SET ROLE r")},
		{"ch-system-command-in-migration", text("SYSTEM STOP MERGES db.a", "SYSTEM SYNC REPLICA a", "system reload dictionaries"), text("SELECT * FROM system.parts")},
		{"ch-kill-mutation-in-migration", text("KILL MUTATION ON CLUSTER c WHERE table = 'a' SYNC", "KILL QUERY WHERE user = 'x'"), text("SELECT 'KILL MUTATION'")},
		{
			"ch-credentials-or-endpoints-in-ddl",
			text(
				"CREATE TABLE a (b String) ENGINE = Kafka SETTINGS kafka_broker_list = 'k:9092', kafka_topic_list = 't', kafka_group_name = 'g', kafka_format = 'JSONEachRow'", "CREATE TABLE a (b String) ENGINE = S3('https://x.s3.amazonaws.com/a.csv', 'KEY', 'SECRET')",
				"CREATE TABLE a (b String) ENGINE = MySQL('h:3306', 'd', 't', 'u', 'p')", "CREATE DICTIONARY IF NOT EXISTS d (id UInt64) PRIMARY KEY id SOURCE(HTTP(URL 'http://x/y' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)", "CREATE USER IF NOT EXISTS u IDENTIFIED BY 'p'",
				"INSERT INTO a SELECT * FROM postgresql('h:5432', 'd', 't', 'u', 'p') WHERE toYYYYMM(ts) = 1", "CREATE NAMED COLLECTION IF NOT EXISTS k AS url = 'x', secret_access_key = 'y'",
			),
			text("CREATE TABLE a (b String) ENGINE = Kafka(events) SETTINGS kafka_topic_list = 't'", "CREATE TABLE a (b String) ENGINE = S3(coll, filename = 'a.csv')", "CREATE DICTIONARY IF NOT EXISTS d (id UInt64) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 't' DB 'db')) LAYOUT(FLAT()) LIFETIME(0)"),
		},
		{
			"ch-syntax-error",
			text("ALTER TABLE IF EXISTS t ADD COLUMN b UInt8", "CREATE TABLE t (a UInt8 ENGINE = MergeTree ORDER BY a", "ALTER TABLE t ADD b UInt8", "CREAT TABLE t (a UInt8)", "DROP COLUMN b FROM t", "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY"),
			text("ALTER TABLE t MODIFY COLUMN a COMMENT $doc$ it's; fine $doc$", "# note\nSELECT 1", "CREATE TABLE t (a UInt8, PROJECTION p (SELECT a ORDER BY a), CONSTRAINT c CHECK a > 0) ENGINE = MergeTree ORDER BY a", "ALTER TABLE t MODIFY SETTING a = 1, b = 'x' SETTINGS alter_sync = 1", "ALTER TABLE t ADD COLUMN IF NOT EXISTS d Dynamic(max_types=8) FIRST", "UNDROP TABLE t", "ALTER TABLE t MODIFY COLUMN a TTL d + INTERVAL 1 DAY"),
		},
	}
}

func TestRulesHoldInOtherSpellings(t *testing.T) {
	for _, s := range variety() {
		t.Run(s.rule, func(t *testing.T) {
			for _, one := range s.flag {
				assert.Contains(t, rulesOf(t, one), s.rule, "upon %q:\n%s", one.setup, one.sql)
			}
			for _, one := range s.pass {
				assert.NotContains(t, rulesOf(t, one), s.rule, "upon %q:\n%s", one.setup, one.sql)
			}
		})
	}
}
