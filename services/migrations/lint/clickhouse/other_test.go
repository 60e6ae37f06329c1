package clickhouse

func statementSamples() []samples {
	return []samples{
		{
			"ch-syntax-error",
			text(
				"ALTER TABLE IF EXISTS t ADD COLUMN c String", "ALTER TABLE t ADD COLUMN c", "ALTER TABLE t DROP c", "ALTER TABLE t ALTER COLUMN c SET DEFAULT 1", "DROP TABLE t CASCADE", "CREATE TABLE t (a UInt8", "SELECT 'open",
				"CREATE INDEX CONCURRENTLY i ON t (a) /* open", "FROBNICATE TABLE t", "CREATE TABLE t (a UInt8) ENGINE = MergeTree SORT BY a", "ALTER TABLE t MODIFY COLUMN c",
			),
			text(
				"ALTER TABLE t ADD COLUMN IF NOT EXISTS c String", "CREATE TABLE t (a UInt8,) ENGINE = Memory", "# comment\nSELECT 1", "CREATE TABLE t (a UInt8, INDEX i a TYPE minmax, CONSTRAINT c CHECK a > 0, PROJECTION p (SELECT a ORDER BY a)) ENGINE = MergeTree ORDER BY a",
				"", "-- nothing",
			),
		},
		{
			"ch-not-idempotent",
			text(
				"CREATE TABLE t (a UInt8) ENGINE = Memory", "CREATE MATERIALIZED VIEW v TO d AS SELECT a FROM t", "CREATE DATABASE d", "DROP TABLE t", "DROP VIEW v", "ALTER TABLE t ADD COLUMN c String", "ALTER TABLE t ADD INDEX i a TYPE minmax",
				"ALTER TABLE t DROP COLUMN c", "ALTER TABLE t ADD COLUMN IF NOT EXISTS a UInt8, ADD COLUMN b UInt8", "ALTER TABLE t DROP PROJECTION p", "CREATE FUNCTION f AS x -> x", "ALTER TABLE t RENAME COLUMN a TO b",
			),
			text(
				"CREATE TABLE IF NOT EXISTS t (a UInt8) ENGINE = Memory", "CREATE OR REPLACE VIEW v AS SELECT 1 AS a", "DROP TABLE IF EXISTS t", "ALTER TABLE t ADD COLUMN IF NOT EXISTS c String, DROP COLUMN IF EXISTS d", "ALTER TABLE t MODIFY COLUMN c String",
				"ALTER TABLE t CLEAR COLUMN c IN PARTITION 1", "ALTER TABLE t DROP PARTITION 1", "ALTER TABLE t MODIFY TTL d + INTERVAL 1 DAY", "TRUNCATE TABLE t", "CREATE TEMPORARY TABLE t (a UInt8)",
			),
		},
		{
			"ch-session-setting-in-migration",
			text("SET mutations_sync = 2", "SET allow_experimental_json_type = 1, max_threads = 2"),
			text("SET ROLE admin", "ALTER TABLE t UPDATE a = 1 WHERE b SETTINGS mutations_sync = 2", "ALTER TABLE t MODIFY SETTING a = 1"),
		},
		{
			"ch-system-command-in-migration",
			text("SYSTEM STOP MERGES", "SYSTEM RELOAD DICTIONARIES", "system flush logs"),
			text("SELECT name FROM system.tables", "INSERT INTO t SELECT name FROM system.columns"),
		},
		{
			"ch-kill-mutation-in-migration",
			text("KILL MUTATION WHERE table = 't'", "KILL QUERY WHERE user = 'x'"),
			text("ALTER TABLE t DELETE WHERE kill = 1"),
		},
		{
			"ch-credentials-or-endpoints-in-ddl",
			text(
				"CREATE TABLE q (a String) ENGINE = Kafka('broker:9092', 'topic', 'group', 'JSONEachRow')", "CREATE TABLE q (a String) ENGINE = Kafka SETTINGS kafka_broker_list = 'b:9092', kafka_topic_list = 't'",
				"CREATE TABLE m (a UInt8) ENGINE = MySQL('db:3306', 'shop', 'orders', 'reader', 'pw')", "CREATE TABLE s (a UInt8) ENGINE = S3('https://bucket.s3.amazonaws.com/x', 'AKIA', 'secret', 'CSV')",
				"CREATE DATABASE p ENGINE = PostgreSQL('db:5432', 'shop', 'reader', 'pw')", "INSERT INTO t SELECT a FROM remote('host:9000', 'db', 't', 'reader', 'pw')", "INSERT INTO t SELECT a FROM url('https://x/y.csv', 'CSV') WHERE a = 1",
				"CREATE DICTIONARY d (k UInt64, v String) PRIMARY KEY k SOURCE(MYSQL(HOST 'db' USER 'reader' PASSWORD 'pw' DB 'shop' TABLE 't')) LAYOUT(HASHED()) LIFETIME(60)", "CREATE USER u IDENTIFIED BY 'pw'",
				"CREATE NAMED COLLECTION c AS url = 'https://x', secret_access_key = 'y'", "ALTER TABLE q MODIFY SETTING kafka_broker_list = 'other:9092'", "CREATE TABLE s (a UInt8) ENGINE = S3(lake, secret_access_key = 'x')",
			),
			text(
				"CREATE TABLE q (a String) ENGINE = Kafka(events)", "CREATE TABLE q (a String) ENGINE = Kafka(events) SETTINGS kafka_topic_list = 't'", "CREATE TABLE q (a String) ENGINE = Kafka(events, kafka_topic_list = 't', kafka_group_name = 'g')",
				"CREATE TABLE s (a UInt8) ENGINE = S3(lake, filename = 'x.csv')", "CREATE TABLE t (url String, s3 String) ENGINE = MergeTree ORDER BY url", "INSERT INTO t SELECT a FROM s3(lake, filename = 'x')",
				"CREATE DICTIONARY d (k UInt64, v String) PRIMARY KEY k SOURCE(CLICKHOUSE(TABLE 't' DB 'x')) LAYOUT(HASHED()) LIFETIME(MIN 1 MAX 60)", "CREATE USER u", "CREATE TABLE t AS l ENGINE = Distributed(main, db, l, a)",
			),
		},
	}
}
