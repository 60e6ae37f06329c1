package clickhouse

func viewSamples() []samples {
	const view = "CREATE TABLE src (k UInt8, v UInt32, other String, flag Bool) ENGINE = MergeTree ORDER BY k; CREATE TABLE dst (k UInt8, total UInt64) ENGINE = SummingMergeTree ORDER BY k; " +
		"CREATE TABLE lone (k UInt8, v UInt32) ENGINE = MergeTree ORDER BY k; CREATE MATERIALIZED VIEW mv TO dst AS SELECT k, sum(v) AS total FROM src WHERE flag GROUP BY k"
	return []samples{
		{
			"ch-alter-column-used-by-mv",
			append(upon(view,
				"ALTER TABLE src RENAME COLUMN v TO w", "ALTER TABLE src DROP COLUMN IF EXISTS flag", "ALTER TABLE src MODIFY COLUMN v String", "ALTER TABLE dst DROP COLUMN IF EXISTS total",
			), upon("CREATE TABLE src (k UInt8) ENGINE = MergeTree ORDER BY k; CREATE MATERIALIZED VIEW mv TO dst AS SELECT * FROM src", "ALTER TABLE src DROP COLUMN IF EXISTS k")...),
			upon(view,
				"ALTER TABLE src RENAME COLUMN other TO another", "ALTER TABLE lone RENAME COLUMN v TO w", "ALTER TABLE src MODIFY COLUMN v COMMENT 'x'", "ALTER TABLE src ADD COLUMN IF NOT EXISTS w UInt8",
				"DROP VIEW IF EXISTS mv SYNC; ALTER TABLE src RENAME COLUMN v TO w",
			),
		},
		{
			"ch-drop-mv-target",
			append(upon(view, "DROP TABLE IF EXISTS dst SYNC"), text("CREATE MATERIALIZED VIEW mv TO db.dst AS SELECT k FROM src; DROP TABLE db.dst")...),
			append(upon(view, "DROP VIEW IF EXISTS mv; DROP TABLE IF EXISTS dst", "DROP TABLE IF EXISTS lone", "DROP TABLE mv; DROP TABLE dst"), text("DROP TABLE IF EXISTS dst")...),
		},
		{
			"ch-mv-populate",
			text("CREATE MATERIALIZED VIEW mv ENGINE = MergeTree ORDER BY k POPULATE AS SELECT k FROM src", "CREATE MATERIALIZED VIEW IF NOT EXISTS mv (k UInt8) ENGINE = MergeTree PARTITION BY k ORDER BY k POPULATE AS SELECT k FROM src"),
			text("CREATE MATERIALIZED VIEW mv TO dst AS SELECT k FROM src", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT populate FROM src"),
		},
		{
			"ch-mv-without-to",
			text("CREATE MATERIALIZED VIEW mv ENGINE = MergeTree ORDER BY k AS SELECT k FROM src", "CREATE MATERIALIZED VIEW mv REFRESH EVERY 1 HOUR ENGINE = MergeTree ORDER BY k AS SELECT k FROM src"),
			text("CREATE MATERIALIZED VIEW mv TO dst AS SELECT k FROM src", "CREATE MATERIALIZED VIEW mv ON CLUSTER main TO db.dst (k UInt8) AS SELECT k FROM src", "CREATE MATERIALIZED VIEW mv REFRESH EVERY 1 HOUR TO dst AS SELECT k FROM src", "CREATE VIEW v AS SELECT k FROM src"),
		},
		{
			"ch-mv-select-star",
			text("CREATE MATERIALIZED VIEW mv TO dst AS SELECT * FROM src", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT s.*, 1 AS one FROM src AS s", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT * EXCEPT (v) FROM src", "ALTER TABLE mv MODIFY QUERY SELECT * FROM src"),
			text("CREATE MATERIALIZED VIEW mv TO dst AS SELECT k, v * 2 AS w, count(*) AS c FROM src GROUP BY k, v", "CREATE VIEW v AS SELECT * FROM src", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT k FROM (SELECT * FROM src)"),
		},
		{
			"ch-mv-unaliased-column",
			text(
				"CREATE MATERIALIZED VIEW mv TO dst AS SELECT k, count() FROM src GROUP BY k", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT toDate(ts), k FROM src", "CREATE MATERIALIZED VIEW mv TO dst AS WITH 2 AS x SELECT k * x FROM src",
				"CREATE MATERIALIZED VIEW mv TO dst AS SELECT k + v FROM src",
			),
			text(
				"CREATE MATERIALIZED VIEW mv TO dst AS SELECT k, count() AS c FROM src GROUP BY k", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT s.k, sum(v) total FROM src AS s GROUP BY k", "CREATE MATERIALIZED VIEW mv TO dst AS SELECT * FROM src",
				"CREATE MATERIALIZED VIEW mv TO dst AS WITH lower(b) AS x SELECT x, `k` FROM src", "CREATE VIEW v AS SELECT count() FROM src",
			),
		},
	}
}
