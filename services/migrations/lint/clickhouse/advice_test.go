package clickhouse

func adviceSamples() []samples {
	return []samples{
		{
			"ch-suspicious-low-cardinality",
			text("CREATE TABLE x (a LowCardinality(UInt64)) ENGINE = Memory", "CREATE TABLE x (a LowCardinality(UUID)) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS a LowCardinality(Nullable(Date))", "CREATE TABLE x (a Array(LowCardinality(Int32))) ENGINE = Memory"),
			text("CREATE TABLE x (a LowCardinality(String), b LowCardinality(FixedString(2)), c LowCardinality(Nullable(String))) ENGINE = Memory", "CREATE TABLE x (a UInt64) ENGINE = Memory"),
		},
		{
			"ch-low-cardinality-on-id-like-column",
			text("CREATE TABLE x (session_id LowCardinality(String)) ENGINE = Memory", "CREATE TABLE x (userEmail LowCardinality(String)) ENGINE = Memory", "ALTER TABLE x MODIFY COLUMN page_url LowCardinality(String)", "CREATE TABLE x (commit_hash LowCardinality(FixedString(40))) ENGINE = Memory"),
			text("CREATE TABLE x (browser LowCardinality(String)) ENGINE = Memory", "CREATE TABLE x (session_id String) ENGINE = Memory", "CREATE TABLE x (url_scheme LowCardinality(String), paid LowCardinality(String)) ENGINE = Memory"),
		},
		{
			"ch-nullable-low-cardinality-nesting",
			text("CREATE TABLE x (a Nullable(LowCardinality(String))) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS a Array(Nullable(LowCardinality(String)))"),
			text("CREATE TABLE x (a LowCardinality(Nullable(String))) ENGINE = Memory", "CREATE TABLE x (a Nullable(String)) ENGINE = Memory"),
		},
		{
			"ch-prefer-default-over-nullable",
			text("CREATE TABLE x (visits Nullable(UInt32)) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS nickname Nullable(String)", "CREATE TABLE x (visits UInt32 NULL) ENGINE = Memory", "CREATE TABLE x (kind LowCardinality(Nullable(String))) ENGINE = Memory"),
			text("CREATE TABLE x (deleted_at Nullable(DateTime), parent_id Nullable(UInt64), finishedAt Nullable(DateTime)) ENGINE = Memory", "CREATE TABLE x (visits UInt32 DEFAULT 0) ENGINE = Memory", "CREATE TABLE x (visits UInt32 NOT NULL) ENGINE = Memory"),
		},
		{
			"ch-consider-low-cardinality",
			text("CREATE TABLE x (browser String) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS event_name String", "CREATE TABLE x (orderStatus Nullable(String)) ENGINE = Memory", "CREATE TABLE x (country_code String) ENGINE = Memory"),
			text("CREATE TABLE x (browser LowCardinality(String)) ENGINE = Memory", "CREATE TABLE x (title String, name String, session_id String) ENGINE = Memory", "CREATE TABLE x (status Enum8('a' = 1)) ENGINE = Memory"),
		},
		{
			"ch-prefer-native-types",
			text("CREATE TABLE x (created_at String) ENGINE = Memory", "CREATE TABLE x (user_id String) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS is_admin String", "CREATE TABLE x (price String) ENGINE = Memory", "CREATE TABLE x (client_ip String) ENGINE = Memory"),
			text("CREATE TABLE x (created_at DateTime('UTC'), user_id UInt64, is_admin Bool, price Decimal(9, 2)) ENGINE = Memory", "CREATE TABLE x (title String, body String, format String) ENGINE = Memory"),
		},
		{
			"ch-minimize-bit-width",
			text("CREATE TABLE x (http_code Int64) ENGINE = Memory", "CREATE TABLE x (age UInt64) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS birth_year Nullable(Int64)", "CREATE TABLE x (is_paid BIGINT) ENGINE = Memory"),
			text("CREATE TABLE x (http_code UInt16, age UInt8) ENGINE = Memory", "CREATE TABLE x (bytes UInt64, user_id UInt64, total Int64) ENGINE = Memory"),
		},
		{
			"ch-datetime-without-timezone",
			text("CREATE TABLE x (a DateTime) ENGINE = Memory", "CREATE TABLE x (a Nullable(DateTime64(3))) ENGINE = Memory", "ALTER TABLE x ADD COLUMN IF NOT EXISTS a Array(DateTime)", "CREATE TABLE x (a TIMESTAMP) ENGINE = Memory"),
			text("CREATE TABLE x (a DateTime('UTC'), b DateTime64(6, 'Europe/Berlin')) ENGINE = Memory", "CREATE TABLE x (a Date) ENGINE = Memory", "CREATE TABLE x (a DateTime('UTC') DEFAULT toDateTime(0)) ENGINE = Memory"),
		},
		{
			"ch-codec-without-general-compression",
			text("CREATE TABLE x (a UInt64 CODEC(Delta)) ENGINE = Memory", "CREATE TABLE x (a UInt64 CODEC(DoubleDelta(8))) ENGINE = Memory", "ALTER TABLE x MODIFY COLUMN a CODEC(Gorilla)", "CREATE TABLE x (a String CODEC(Delta, ZSTD)) ENGINE = Memory", "CREATE TABLE x (a UInt64 CODEC(Delta, NONE)) ENGINE = Memory"),
			text("CREATE TABLE x (a UInt64 CODEC(Delta, ZSTD(1))) ENGINE = Memory", "CREATE TABLE x (a Float64 CODEC(Gorilla, LZ4)) ENGINE = Memory", "CREATE TABLE x (a UInt64 CODEC(DoubleDelta, Default)) ENGINE = Memory", "CREATE TABLE x (a String CODEC(ZSTD(3))) ENGINE = Memory", "CREATE TABLE x (a String CODEC(NONE)) ENGINE = Memory"),
		},
	}
}
