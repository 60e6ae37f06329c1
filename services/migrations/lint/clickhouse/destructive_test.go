package clickhouse

func destructiveSamples() []samples {
	const hits = "CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE VIEW seen AS SELECT a FROM hits; CREATE TABLE everywhere AS hits ENGINE = Distributed(c, db, hits, a); " +
		"CREATE MATERIALIZED VIEW hidden ENGINE = MergeTree ORDER BY a AS SELECT a FROM hits; CREATE MATERIALIZED VIEW shown TO sums AS SELECT a FROM hits"
	return []samples{
		{
			"ch-drop-column",
			text("ALTER TABLE hits DROP COLUMN IF EXISTS a", "ALTER TABLE hits CLEAR COLUMN IF EXISTS a IN PARTITION 202401", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8, DROP COLUMN a"),
			text("ALTER TABLE hits DROP INDEX IF EXISTS a", "ALTER TABLE hits MODIFY COLUMN a REMOVE DEFAULT"),
		},
		{
			"ch-drop-table",
			append(text("DROP TABLE IF EXISTS hits", "DROP TABLE db.hits ON CLUSTER main SYNC", "DETACH TABLE hits PERMANENTLY", "DROP TABLE a, b",
				"CREATE TABLE old AS hits; ALTER TABLE hits MOVE PARTITION 202401 TO TABLE old; DROP TABLE old SYNC", // which are not the rows of the run
				"CREATE TABLE IF NOT EXISTS x (a UInt8) ENGINE = MergeTree ORDER BY a PARALLEL WITH DROP TABLE hits", "ALTER TABLE x ADD COLUMN IF NOT EXISTS b UInt8 parallel with drop table hits SYNC",
			), upon(hits, "DROP TABLE IF EXISTS hits SYNC", "DROP VIEW IF EXISTS hidden SYNC", "DROP TABLE hidden")...),
			append(text(
				"DROP VIEW IF EXISTS v", "DROP DICTIONARY IF EXISTS d", "DROP TEMPORARY TABLE x", "CREATE TABLE copy (a UInt8) ENGINE = MergeTree ORDER BY a; DROP TABLE copy SYNC",
			), upon(hits, "DROP TABLE seen", "DROP TABLE everywhere", "DROP VIEW shown SYNC", "DROP VIEW seen",
				"CREATE TABLE copy (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE TABLE better AS copy; ALTER TABLE copy MOVE PARTITION 1 TO TABLE better; DROP TABLE better")...),
		},
		{
			"ch-drop-view",
			append(text("DROP VIEW IF EXISTS v SYNC", "DETACH VIEW v PERMANENTLY", "DROP DICTIONARY IF EXISTS d", "DROP FUNCTION IF EXISTS f", "DROP VIEW IF EXISTS v; CREATE TABLE IF NOT EXISTS v (a UInt8) ENGINE = Memory"),
				upon(hits, "DROP VIEW IF EXISTS shown SYNC", "DROP VIEW IF EXISTS seen; CREATE VIEW IF NOT EXISTS other AS SELECT 1 AS a")...),
			append(text("DROP TABLE IF EXISTS hits", "CREATE VIEW v AS SELECT 1 AS a; DROP VIEW IF EXISTS v", "DROP DICTIONARY IF EXISTS d; CREATE DICTIONARY d (k UInt64) PRIMARY KEY k SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(60)",
				"DROP FUNCTION IF EXISTS f; CREATE FUNCTION f AS x -> x"),
				upon(hits, "DROP VIEW IF EXISTS hidden SYNC", "DROP VIEW IF EXISTS shown SYNC; ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8; CREATE MATERIALIZED VIEW IF NOT EXISTS shown TO sums AS SELECT a, b FROM hits")...),
		},
		{
			"ch-truncate",
			text("TRUNCATE TABLE hits", "TRUNCATE TABLE IF EXISTS db.hits ON CLUSTER main", "TRUNCATE hits", "TRUNCATE ALL TABLES FROM db", "TRUNCATE DATABASE db"),
			text("TRUNCATE TEMPORARY TABLE x", "ALTER TABLE hits DROP PARTITION 202401"),
		},
		{
			"ch-drop-partition",
			text("ALTER TABLE hits DROP PARTITION 202401", "ALTER TABLE hits DROP PART 'all_1_1_0'", "ALTER TABLE hits DETACH PARTITION ID '202401'", "ALTER TABLE hits DROP DETACHED PARTITION ALL SETTINGS allow_drop_detached = 1", "ALTER TABLE hits DROP PARTITION tuple(202401)",
				"ALTER TABLE hits REPLACE PARTITION 202401 FROM better", "ALTER TABLE hits MOVE PARTITION 202401 TO TABLE old"),
			text("ALTER TABLE hits ATTACH PARTITION 202401", "ALTER TABLE hits MOVE PARTITION 202401 TO VOLUME 'cold'", "ALTER TABLE hits FREEZE PARTITION 202401", "ALTER TABLE hits ATTACH PARTITION 202401 FROM better",
				"CREATE TABLE copy AS hits; ALTER TABLE copy REPLACE PARTITION 202401 FROM hits", "CREATE TABLE copy AS hits; ALTER TABLE copy MOVE PARTITION 202401 TO TABLE hits"),
		},
		{
			"ch-drop-database",
			text("DROP DATABASE IF EXISTS db", "DROP DATABASE db ON CLUSTER main SYNC"),
			text("CREATE DATABASE IF NOT EXISTS db", "DROP TABLE IF EXISTS database"),
		},
		{
			"ch-drop-guard-bypass",
			text("DROP TABLE hits SETTINGS max_table_size_to_drop = 0", "ALTER TABLE hits DROP PARTITION 202401 SETTINGS max_partition_size_to_drop = 0", "SET max_table_size_to_drop = 1000000000000"),
			text("DROP TABLE hits SYNC", "ALTER TABLE hits DROP PARTITION 202401", "DROP TABLE hits SETTINGS max_table_size_to_drop = 1000000"),
		},
		{
			"ch-create-or-replace-table",
			append(text("CREATE OR REPLACE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a", "REPLACE TABLE hits AS SELECT 1 AS a"), upon(hits, "CREATE OR REPLACE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a",
				"CREATE OR REPLACE MATERIALIZED VIEW hidden ENGINE = MergeTree ORDER BY a AS SELECT a FROM hits", "CREATE OR REPLACE MATERIALIZED VIEW hidden TO sums AS SELECT a FROM hits",
				"CREATE OR REPLACE MATERIALIZED VIEW unknown ENGINE = MergeTree ORDER BY a AS SELECT a FROM hits")...),
			append(upon(hits, "CREATE OR REPLACE MATERIALIZED VIEW shown TO sums AS SELECT a + 1 AS a FROM hits", "CREATE OR REPLACE MATERIALIZED VIEW unknown TO sums AS SELECT a FROM hits"), text(
				"CREATE OR REPLACE VIEW v AS SELECT 1 AS a", "CREATE OR REPLACE DICTIONARY d (k UInt64) PRIMARY KEY k SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(60)", "CREATE OR REPLACE FUNCTION f AS x -> x",
				"CREATE TABLE copy (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE OR REPLACE TABLE copy (b UInt8) ENGINE = MergeTree ORDER BY b",
			)...),
		},
		{
			"ch-exchange-tables",
			text("EXCHANGE TABLES a AND b", "EXCHANGE TABLES db.a AND db.b ON CLUSTER main"),
			text("RENAME TABLE a TO b", "EXCHANGE DICTIONARIES a AND b"),
		},
		{
			"ch-rename-table",
			text("RENAME TABLE a TO b", "RENAME TABLE db.a TO db.b, db.c TO db.d ON CLUSTER main", "RENAME a TO b"),
			text("RENAME DICTIONARY a TO b", "ALTER TABLE hits RENAME COLUMN a TO b", "CREATE TABLE copy (a UInt8) ENGINE = MergeTree ORDER BY a; RENAME TABLE copy TO better"),
		},
	}
}
