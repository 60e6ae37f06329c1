package clickhouse

func destructiveSamples() []samples {
	const hits = "CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE VIEW seen AS SELECT a FROM hits; CREATE TABLE everywhere AS hits ENGINE = Distributed(c, db, hits, a)"
	return []samples{
		{
			"ch-drop-column",
			text("ALTER TABLE hits DROP COLUMN IF EXISTS a", "ALTER TABLE hits CLEAR COLUMN IF EXISTS a IN PARTITION 202401", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8, DROP COLUMN a"),
			text("ALTER TABLE hits DROP INDEX IF EXISTS a", "ALTER TABLE hits MODIFY COLUMN a REMOVE DEFAULT"),
		},
		{
			"ch-drop-table",
			append(text("DROP TABLE IF EXISTS hits", "DROP TABLE db.hits ON CLUSTER main SYNC", "DETACH TABLE hits PERMANENTLY", "DROP TABLE a, b",
				"CREATE TABLE IF NOT EXISTS x (a UInt8) ENGINE = MergeTree ORDER BY a PARALLEL WITH DROP TABLE hits", "ALTER TABLE x ADD COLUMN IF NOT EXISTS b UInt8 parallel with drop table hits SYNC",
			), upon(hits, "DROP TABLE IF EXISTS hits SYNC")...),
			append(text(
				"DROP VIEW IF EXISTS v", "DROP DICTIONARY IF EXISTS d", "DROP TEMPORARY TABLE x", "CREATE TABLE copy (a UInt8) ENGINE = MergeTree ORDER BY a; DROP TABLE copy SYNC",
			), upon(hits, "DROP TABLE seen", "DROP TABLE everywhere")...),
		},
		{
			"ch-truncate",
			text("TRUNCATE TABLE hits", "TRUNCATE TABLE IF EXISTS db.hits ON CLUSTER main", "TRUNCATE hits", "TRUNCATE ALL TABLES FROM db", "TRUNCATE DATABASE db"),
			text("TRUNCATE TEMPORARY TABLE x", "ALTER TABLE hits DROP PARTITION 202401"),
		},
		{
			"ch-drop-partition",
			text("ALTER TABLE hits DROP PARTITION 202401", "ALTER TABLE hits DROP PART 'all_1_1_0'", "ALTER TABLE hits DETACH PARTITION ID '202401'", "ALTER TABLE hits DROP DETACHED PARTITION ALL SETTINGS allow_drop_detached = 1", "ALTER TABLE hits DROP PARTITION tuple(202401)"),
			text("ALTER TABLE hits ATTACH PARTITION 202401", "ALTER TABLE hits MOVE PARTITION 202401 TO VOLUME 'cold'", "ALTER TABLE hits FREEZE PARTITION 202401"),
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
			append(text("CREATE OR REPLACE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a", "REPLACE TABLE hits AS SELECT 1 AS a"), upon(hits, "CREATE OR REPLACE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a")...),
			text(
				"CREATE OR REPLACE VIEW v AS SELECT 1 AS a", "CREATE OR REPLACE DICTIONARY d (k UInt64) PRIMARY KEY k SOURCE(CLICKHOUSE(TABLE 't')) LAYOUT(FLAT()) LIFETIME(60)", "CREATE OR REPLACE FUNCTION f AS x -> x",
				"CREATE TABLE copy (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE OR REPLACE TABLE copy (b UInt8) ENGINE = MergeTree ORDER BY b",
			),
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
