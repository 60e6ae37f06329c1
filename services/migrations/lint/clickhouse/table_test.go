package clickhouse

func tableSamples() []samples {
	return []samples{
		{
			"ch-missing-order-by",
			text(
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree",
				"CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{database}/hits', '{replica}')",
				"CREATE TABLE hits (a UInt8, d Date) ENGINE MergeTree() PARTITION BY toYYYYMM(d) SETTINGS index_granularity = 8192",
				"CREATE TABLE hits (a UInt8)",
				"CREATE TABLE hits AS SELECT 1 AS a",
				"CREATE MATERIALIZED VIEW m ENGINE = SummingMergeTree AS SELECT k, count() AS c FROM hits GROUP BY k",
			),
			text(
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a",
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree PRIMARY KEY a",
				"CREATE TABLE hits (a UInt8 PRIMARY KEY) ENGINE = MergeTree",
				"CREATE TABLE hits (a UInt8, PRIMARY KEY (a)) ENGINE = MergeTree",
				"CREATE TABLE hits (a UInt8) ENGINE = Memory",
				"CREATE TABLE hits (d Date, a UInt8) ENGINE = MergeTree(d, (a, d), 8192)",
				"CREATE TABLE hits2 AS hits ENGINE = MergeTree",
				"CREATE TABLE hits2 AS hits",
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY tuple()",
				"CREATE VIEW v AS SELECT 1 AS a",
				"CREATE MATERIALIZED VIEW m TO dst AS SELECT k FROM hits",
				"CREATE TEMPORARY TABLE x (a UInt8)",
			),
		},
		{
			"ch-empty-order-by",
			text("CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY tuple()", "CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY ()"),
			text(
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY tuple() -- a staging table, read once as a whole",
				"-- no sorting key: every read is a full scan\nCREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY tuple();",
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a",
			),
		},
		{
			"ch-high-cardinality-leading-key",
			text(
				"CREATE TABLE hits (request_id UUID, ts DateTime) ENGINE = MergeTree ORDER BY (request_id, ts)",
				"CREATE TABLE hits (at DateTime64(3), tenant UInt32) ENGINE = MergeTree ORDER BY (at, tenant)",
				"CREATE TABLE hits (url_hash UInt64, tenant UInt32) ENGINE = MergeTree ORDER BY (url_hash, tenant)",
				"CREATE TABLE hits (url String, tenant UInt32) ENGINE = MergeTree ORDER BY (cityHash64(url), tenant)",
				"CREATE TABLE hits (id UInt64, tenant UInt32) ENGINE = MergeTree ORDER BY (id, tenant)",
				"CREATE TABLE orders (order_id UInt64, tenant UInt32) ENGINE = MergeTree PRIMARY KEY (order_id, tenant)",
			),
			text(
				"CREATE TABLE hits (tenant_id UUID, ts DateTime) ENGINE = MergeTree ORDER BY (tenant_id, ts)",
				"CREATE TABLE hits (kind LowCardinality(String), at DateTime64(3)) ENGINE = MergeTree ORDER BY (kind, at)",
				"CREATE TABLE hits (at DateTime64(3), kind UInt8) ENGINE = MergeTree ORDER BY (toStartOfHour(at), kind)",
				"CREATE TABLE things (id UInt64, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY id",
				"CREATE TABLE hits (user_id UInt64, ts DateTime) ENGINE = MergeTree ORDER BY (user_id, ts)",
				"CREATE TABLE hits (id UInt64) ENGINE = Memory",
			),
		},
		{
			"ch-primary-key-not-prefix",
			text(
				"CREATE TABLE hits (a UInt8, b UInt8) ENGINE = MergeTree PRIMARY KEY b ORDER BY (a, b)",
				"CREATE TABLE hits (a UInt8, b UInt8) ENGINE = MergeTree PRIMARY KEY (a, b) ORDER BY a",
				"CREATE TABLE hits (a UInt8, b DateTime) ENGINE = MergeTree ORDER BY (a, toDate(b)) PRIMARY KEY (a, b)",
			),
			text(
				"CREATE TABLE hits (a UInt8, b UInt8) ENGINE = MergeTree PRIMARY KEY a ORDER BY (a, b)",
				"CREATE TABLE hits (a UInt8, b DateTime) ENGINE = MergeTree PRIMARY KEY (`a`, toDate( b )) ORDER BY (a, toDate(b), b)",
				"CREATE TABLE hits (a UInt8, b UInt8) ENGINE = MergeTree ORDER BY (a, b)",
			),
		},
		{
			"ch-nullable-in-key",
			append(text(
				"CREATE TABLE hits (a Nullable(UInt8), b UInt8) ENGINE = MergeTree ORDER BY (b, a)",
				"CREATE TABLE hits (a LowCardinality(Nullable(String))) ENGINE = MergeTree ORDER BY a",
				"CREATE TABLE hits (d Nullable(Date), b UInt8) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY b",
				"CREATE TABLE hits (a UInt8 NULL) ENGINE = MergeTree ORDER BY a",
				"CREATE TABLE hits (a Nullable(UInt8)) ENGINE = MergeTree ORDER BY a SETTINGS allow_nullable_key = 1",
			), upon("CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b Nullable(UInt8), MODIFY ORDER BY (a, b)")...),
			text(
				"CREATE TABLE hits (a Nullable(UInt8), b UInt8) ENGINE = MergeTree ORDER BY b",
				"CREATE TABLE hits (a Nullable(UInt8)) ENGINE = MergeTree ORDER BY ifNull(a, 0)",
				"CREATE TABLE hits (a Nullable(UInt8)) ENGINE = Memory",
				"CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS allow_nullable_key = 0",
			),
		},
		{
			"ch-float-partition-key",
			text(
				"CREATE TABLE hits (f Float64, a UInt8) ENGINE = MergeTree PARTITION BY f ORDER BY a",
				"CREATE TABLE hits (f Float32, a UInt8) ENGINE = MergeTree PARTITION BY (a, floor(f)) ORDER BY a",
				"CREATE TABLE hits (f DOUBLE PRECISION, a UInt8) ENGINE = MergeTree PARTITION BY round(f, 1) ORDER BY a",
			),
			text(
				"CREATE TABLE hits (f Float64, a UInt8) ENGINE = MergeTree PARTITION BY toUInt8(f) ORDER BY a",
				"CREATE TABLE hits (f Float64, a UInt8) ENGINE = MergeTree PARTITION BY a ORDER BY f",
			),
		},
		{
			"ch-partition-too-granular",
			text(
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY ts ORDER BY a",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY toStartOfInterval(ts, INTERVAL 1 HOUR) ORDER BY a TTL ts + INTERVAL 1 WEEK",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY date_trunc('hour', ts) ORDER BY a",
				"CREATE TABLE hits (d Date, a UInt8) ENGINE = MergeTree PARTITION BY d ORDER BY a",
				"CREATE TABLE hits (d Date, session_id UInt64) ENGINE = MergeTree PARTITION BY (toYYYYMM(d), session_id) ORDER BY d",
				"CREATE TABLE hits (d Date, region String, a UInt8) ENGINE = MergeTree PARTITION BY (region, d) ORDER BY a TTL d + INTERVAL 30 DAY",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY a TTL ts + INTERVAL 10 YEAR",
				"CREATE TABLE hits (k UUID, a UInt8) ENGINE = MergeTree PARTITION BY k ORDER BY a",
				"CREATE TABLE hits (k UInt64, a UInt8) ENGINE = MergeTree PARTITION BY cityHash64(k) ORDER BY a",
				"CREATE TABLE hits (k UInt64, a UInt8) ENGINE = MergeTree PARTITION BY k % 4096 ORDER BY a",
			),
			text(
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY toMonday(ts) ORDER BY a",
				"CREATE TABLE hits (d Date, kind LowCardinality(String)) ENGINE = MergeTree PARTITION BY (toYYYYMM(d), kind) ORDER BY d",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY a TTL toDate(ts) + toIntervalDay(90)",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY date_trunc('month', ts) ORDER BY a",
				"CREATE TABLE hits (k UInt64, a UInt8) ENGINE = MergeTree PARTITION BY k % 16 ORDER BY a",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree PARTITION BY toYear(ts) ORDER BY a",
				"CREATE TABLE hits (ts DateTime, a UInt8) ENGINE = MergeTree ORDER BY a",
			),
		},
		{
			"ch-replacing-without-version",
			text(
				"CREATE TABLE things (a UInt8) ENGINE = ReplacingMergeTree() ORDER BY a",
				"CREATE TABLE things (a UInt8) ENGINE = ReplicatedReplacingMergeTree('/ch/{shard}/{database}/{table}', '{replica}') ORDER BY a",
				"CREATE TABLE things (a UInt8) ENGINE = ReplicatedReplacingMergeTree ORDER BY a",
			),
			text(
				"CREATE TABLE things (a UInt8, v UInt64) ENGINE = ReplacingMergeTree(v) ORDER BY a",
				"CREATE TABLE things (a UInt8, v UInt64) ENGINE = ReplicatedReplacingMergeTree('/ch/{shard}/{database}/{table}', '{replica}', v) ORDER BY a",
				"CREATE TABLE things (a UInt8) ENGINE = SummingMergeTree ORDER BY a",
			),
		},
	}
}
