package clickhouse

func alterSamples() []samples {
	const hits = "CREATE TABLE hits (a UInt64, b String, d Date, e Enum8('x' = 1, 'y' = 2), n Nullable(UInt32), nd Nullable(UInt32) DEFAULT 1, s String, i UInt32, ts DateTime, v UInt64) " +
		"ENGINE = ReplacingMergeTree(v) PARTITION BY toYYYYMM(d) ORDER BY (a, b); " +
		"CREATE TABLE sums (a UInt64, b UInt32, sign Int8, v UInt32) ENGINE = ReplicatedVersionedCollapsingMergeTree('/t/{uuid}/{shard}', '{replica}', sign, v) ORDER BY a; " +
		"CREATE TABLE old (a UInt64, gone UInt8, v UInt32) ENGINE = ReplacingMergeTree(v, gone) ORDER BY a"
	return []samples{
		{
			"ch-modify-order-by-existing-column",
			append(upon(hits,
				"ALTER TABLE hits MODIFY ORDER BY (a, b, s)",
				"ALTER TABLE hits MODIFY ORDER BY (b, a)",
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS z UInt8 DEFAULT 1, MODIFY ORDER BY (a, b, z)",
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS z UInt8, MODIFY ORDER BY (a, b, z, s)",
			), text("ALTER TABLE unknown MODIFY ORDER BY (a, b)", "ALTER TABLE unknown ADD COLUMN IF NOT EXISTS z UInt8 DEFAULT 1, MODIFY ORDER BY (a, z)")...),
			append(upon(hits,
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS z UInt8, MODIFY ORDER BY (a, b, z)",
				"ALTER TABLE hits MODIFY ORDER BY (a, b)",
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS z DateTime, MODIFY ORDER BY (a, b, toDate(z))",
			), text("ALTER TABLE unknown ADD COLUMN IF NOT EXISTS z UInt8, MODIFY ORDER BY (a, z)")...),
		},
		{
			"ch-alter-key-column",
			upon(hits,
				"ALTER TABLE hits MODIFY COLUMN a String", "ALTER TABLE hits RENAME COLUMN b TO bb", "ALTER TABLE hits MODIFY COLUMN d Date32",
				"ALTER TABLE hits MODIFY COLUMN v UInt32", "ALTER TABLE hits ALTER COLUMN a TYPE UInt32", "ALTER TABLE hits DROP COLUMN IF EXISTS d",
				"ALTER TABLE hits MODIFY COLUMN v Int128", "ALTER TABLE hits CLEAR COLUMN v", "ALTER TABLE sums MODIFY COLUMN sign Int16", "ALTER TABLE sums DROP COLUMN v",
				"ALTER TABLE sums CLEAR COLUMN IF EXISTS sign", "ALTER TABLE old MODIFY COLUMN gone Int8", "ALTER TABLE old DROP COLUMN IF EXISTS gone",
			),
			append(upon(hits,
				"ALTER TABLE hits MODIFY COLUMN s UInt8", "ALTER TABLE hits MODIFY COLUMN a CODEC(ZSTD(3))", "ALTER TABLE hits MODIFY COLUMN a UInt64 COMMENT 'x'",
				"ALTER TABLE hits MODIFY COLUMN v UInt128", "ALTER TABLE sums MODIFY COLUMN v UInt64", "ALTER TABLE sums MODIFY COLUMN b UInt64", "ALTER TABLE hits RENAME COLUMN s TO ss",
			), text("ALTER TABLE unknown MODIFY COLUMN a String")...),
		},
		{
			"ch-update-key-column",
			upon(hits, "ALTER TABLE hits UPDATE b = 'x' WHERE a = 1", "ALTER TABLE hits UPDATE s = 'x', d = today() IN PARTITION 202401 WHERE a = 1", "UPDATE hits SET a = 2 WHERE s = 'x'",
				"ALTER TABLE sums UPDATE sign = -1 WHERE b = 1", "ALTER TABLE sums UPDATE v = v + 1 WHERE b = 1", "ALTER TABLE old UPDATE v = 1 WHERE gone = 1"),
			append(upon(hits, "ALTER TABLE old UPDATE gone = 1 WHERE a = 1", "ALTER TABLE sums UPDATE b = 1 WHERE sign = 1", "ALTER TABLE hits UPDATE s = b WHERE a = 1", "ALTER TABLE hits DELETE WHERE a = 1"), text("ALTER TABLE unknown UPDATE a = 1 WHERE b = 2")...),
		},
		{
			"ch-modify-column-type-rewrite",
			append(upon(hits,
				"ALTER TABLE hits MODIFY COLUMN i UInt64", "ALTER TABLE hits MODIFY COLUMN s LowCardinality(String)", "ALTER TABLE hits MODIFY COLUMN s Nullable(String)",
				"ALTER TABLE hits MODIFY COLUMN e Enum8('x' = 1)", "ALTER TABLE hits MODIFY COLUMN i UInt64 CODEC(ZSTD)",
			), text("ALTER TABLE unknown MODIFY COLUMN a UInt64")...),
			append(upon(hits,
				"ALTER TABLE hits MODIFY COLUMN e Enum8('x' = 1, 'y' = 2, 'z' = 3)", "ALTER TABLE hits MODIFY COLUMN s String CODEC(ZSTD(3))", "ALTER TABLE hits MODIFY COLUMN s DEFAULT 'x'",
				"ALTER TABLE hits MODIFY COLUMN ts DateTime('UTC')", "ALTER TABLE hits MODIFY COLUMN i COMMENT 'x'", "ALTER TABLE hits MODIFY COLUMN ts UInt32", "ALTER TABLE hits MODIFY COLUMN s TEXT",
			), text("ALTER TABLE unknown MODIFY COLUMN a UInt64 CODEC(ZSTD(1))", "ALTER TABLE unknown MODIFY COLUMN a REMOVE TTL")...),
		},
		{
			"ch-modify-column-type-may-strand",
			append(upon(hits,
				"ALTER TABLE hits MODIFY COLUMN s UInt64", "ALTER TABLE hits MODIFY COLUMN s DateTime", "ALTER TABLE hits MODIFY COLUMN s JSON", "ALTER TABLE hits MODIFY COLUMN s FixedString(4)",
				"ALTER TABLE hits MODIFY COLUMN s Nullable(UUID)", "ALTER TABLE hits MODIFY COLUMN i Enum8('x' = 1)",
			), text("ALTER TABLE unknown MODIFY COLUMN a UInt64")...),
			append(upon(hits,
				"ALTER TABLE hits MODIFY COLUMN i UInt64", "ALTER TABLE hits MODIFY COLUMN i String", "ALTER TABLE hits MODIFY COLUMN s LowCardinality(String)", "ALTER TABLE hits MODIFY COLUMN s Nullable(String)",
				"ALTER TABLE hits MODIFY COLUMN e Enum16('x' = 1, 'y' = 2)", "ALTER TABLE hits MODIFY COLUMN ts DateTime64(3)",
			), text("ALTER TABLE unknown MODIFY COLUMN a String")...),
		},
		{
			"ch-nullable-to-non-nullable",
			upon(hits, "ALTER TABLE hits MODIFY COLUMN n UInt32", "ALTER TABLE hits MODIFY COLUMN n UInt64 CODEC(ZSTD)"),
			append(upon(hits,
				"ALTER TABLE hits MODIFY COLUMN n UInt32 DEFAULT 0", "ALTER TABLE hits MODIFY COLUMN nd UInt32", "ALTER TABLE hits MODIFY COLUMN n Nullable(UInt64)", "ALTER TABLE hits MODIFY COLUMN i UInt64",
			), text("ALTER TABLE unknown MODIFY COLUMN n UInt32")...),
		},
		{
			"ch-modify-ttl-materializes",
			text("ALTER TABLE hits MODIFY TTL d + INTERVAL 1 DAY", "ALTER TABLE hits MODIFY COLUMN s String TTL d + INTERVAL 1 DAY", "ALTER TABLE hits MODIFY TTL d + INTERVAL 1 DAY SETTINGS materialize_ttl_after_modify = 1"),
			text("ALTER TABLE hits MODIFY TTL d + INTERVAL 1 DAY SETTINGS materialize_ttl_after_modify = 0", "ALTER TABLE hits REMOVE TTL", "ALTER TABLE hits MODIFY COLUMN s String"),
		},
		{
			"ch-index-not-materialized",
			text(
				"ALTER TABLE hits ADD INDEX IF NOT EXISTS i s TYPE bloom_filter GRANULARITY 1", "ALTER TABLE hits ADD PROJECTION IF NOT EXISTS p (SELECT s ORDER BY s)",
				"ALTER TABLE hits ADD STATISTICS IF NOT EXISTS s TYPE uniq", "ALTER TABLE hits ADD INDEX IF NOT EXISTS i s TYPE minmax; ALTER TABLE hits MATERIALIZE INDEX j",
			),
			text(
				"ALTER TABLE hits ADD INDEX IF NOT EXISTS i s TYPE minmax; ALTER TABLE hits MATERIALIZE INDEX i", "ALTER TABLE hits MATERIALIZE PROJECTION p",
				"CREATE TABLE hits (s String) ENGINE = MergeTree ORDER BY s; ALTER TABLE hits ADD INDEX IF NOT EXISTS i s TYPE minmax",
			),
		},
		{
			"ch-add-column-volatile-default",
			text(
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS u UUID DEFAULT generateUUIDv4()", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS t DateTime DEFAULT now()",
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS r UInt32 MATERIALIZED rand() % 100",
			),
			text(
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS t Date DEFAULT toDate(ts)", "CREATE TABLE hits (t DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY t",
				"ALTER TABLE hits ADD COLUMN IF NOT EXISTS t String DEFAULT 'now()'",
			),
		},
		{
			"ch-rename-column",
			text("ALTER TABLE hits RENAME COLUMN a TO b", "ALTER TABLE hits RENAME COLUMN IF EXISTS a TO b"),
			text("RENAME TABLE a TO b", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8 DEFAULT a"),
		},
		{
			"ch-readonly-setting",
			text("ALTER TABLE hits MODIFY SETTING index_granularity = 4096", "ALTER TABLE hits MODIFY SETTING merge_with_ttl_timeout = 1, index_granularity_bytes = 0", "ALTER TABLE hits RESET SETTING index_granularity"),
			text("ALTER TABLE hits MODIFY SETTING merge_with_ttl_timeout = 3600", "CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS index_granularity = 1024"),
		},
	}
}
