package clickhouse

func mutationSamples() []samples {
	const byMonth = "CREATE TABLE hits (d Date, k UInt8, s String) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY (k, d)"
	return []samples{
		{
			"ch-heavy-mutation",
			text(
				"ALTER TABLE hits UPDATE s = '' WHERE k = 1", "ALTER TABLE hits DELETE IN PARTITION 202401 WHERE k = 1", "ALTER TABLE hits MATERIALIZE COLUMN s", "ALTER TABLE hits MATERIALIZE INDEX i IN PARTITION 202401",
				"ALTER TABLE hits MATERIALIZE PROJECTION p", "ALTER TABLE hits MATERIALIZE TTL", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS c UInt8, UPDATE c = 1 WHERE k = 1",
			),
			text("ALTER TABLE hits ADD COLUMN IF NOT EXISTS s String", "ALTER TABLE hits MODIFY COLUMN s COMMENT 'update delete'", "INSERT INTO hits VALUES (1)"),
		},
		{
			"ch-unbounded-mutation",
			append(text(
				"ALTER TABLE hits DELETE WHERE 1", "ALTER TABLE hits UPDATE s = '' WHERE true", "ALTER TABLE hits UPDATE s = '' WHERE 1 = 1 SETTINGS mutations_sync = 0",
				"ALTER TABLE hits DELETE WHERE s = 'x'", "DELETE FROM hits WHERE 1",
			), upon(byMonth, "ALTER TABLE hits DELETE WHERE s = 'x'")...),
			append(text("ALTER TABLE hits DELETE IN PARTITION 202401 WHERE s = 'x'", "DELETE FROM hits WHERE s = 'x'", "ALTER TABLE hits MATERIALIZE TTL"), append(
				upon(byMonth, "ALTER TABLE hits DELETE WHERE d < '2020-01-01'", "ALTER TABLE hits UPDATE s = '' WHERE k = 1"),
				upon("CREATE TABLE few (k UInt8, s String) ENGINE = MergeTree ORDER BY k", "ALTER TABLE few UPDATE s = '' WHERE s = 'x'")...)...),
		},
		{
			"ch-lightweight-delete-in-migration",
			text("DELETE FROM hits WHERE k = 1", "DELETE FROM db.hits ON CLUSTER main WHERE k = 1", "UPDATE hits SET s = '' WHERE k = 1"),
			text("ALTER TABLE hits DELETE WHERE k = 1", "ALTER TABLE hits DROP PARTITION 202401"),
		},
		{
			"ch-mixed-metadata-and-mutation",
			text("ALTER TABLE hits ADD COLUMN IF NOT EXISTS c UInt8, UPDATE c = 1 WHERE k = 1", "ALTER TABLE hits DELETE WHERE k = 1, MODIFY COLUMN s COMMENT 'x'"),
			text("ALTER TABLE hits UPDATE a = 1, b = 2 WHERE k = 1, DELETE WHERE k = 2", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS c UInt8, DROP COLUMN IF EXISTS d", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS c UInt8; ALTER TABLE hits UPDATE c = 1 WHERE k = 1"),
		},
		{
			"ch-optimize-final",
			text("OPTIMIZE TABLE hits FINAL", "OPTIMIZE TABLE hits ON CLUSTER main PARTITION 202401 FINAL DEDUPLICATE", "optimize table hits final"),
			text("OPTIMIZE TABLE hits", "OPTIMIZE TABLE hits PARTITION 202401", "SELECT a FROM hits FINAL"),
		},
		{
			"ch-unbounded-insert-select",
			append(text(
				"INSERT INTO dst SELECT a, b FROM hits", "INSERT INTO dst (a, b) SELECT a, b FROM hits WHERE b = 2", "INSERT INTO dst SELECT a FROM s3('https://x/y', 'CSV')",
				"INSERT INTO dst WITH x AS (SELECT a FROM hits) SELECT a FROM x",
			), upon(byMonth, "INSERT INTO dst SELECT d FROM hits WHERE s = 'x'")...),
			append(text(
				"INSERT INTO dst SELECT a, b FROM hits WHERE toYYYYMM(d) = 202401", "INSERT INTO dst SELECT a FROM hits WHERE created_at >= '2024-01-01' AND created_at < '2024-02-01'",
				"INSERT INTO dst VALUES (1, 2)", "INSERT INTO dst SELECT 1, 2", "INSERT INTO dst SELECT number FROM numbers(10)", "INSERT INTO dst SELECT a FROM hits WHERE _partition_id = '202401'",
				"INSERT INTO dst SELECT a FROM hits LIMIT 1000", "INSERT INTO dst SELECT name FROM system.tables",
			), upon(byMonth, "INSERT INTO dst SELECT s FROM hits WHERE d = '2024-01-01'")...),
		},
	}
}
