package clickhouse

import "devtrail.dev/services/migrations/lint/rule"

// with gives samples options.
func with(opts rule.Options, list []sample) []sample {
	for i := range list {
		list[i].opts = opts
	}
	return list
}

func clusterSamples() []samples {
	pair := rule.Options{Pairs: map[string]string{"hits": "hits_local"}}
	const known = "CREATE TABLE hits_local (a UInt8) ENGINE = MergeTree ORDER BY a; CREATE TABLE hits AS hits_local ENGINE = Distributed('{cluster}', currentDatabase(), 'hits_local', a)"
	return []samples{
		{
			"ch-drop-replicated-without-sync",
			text(
				"DROP TABLE IF EXISTS hits; CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{database}/hits', '{replica}') ORDER BY a",
				"DROP TABLE db.hits ON CLUSTER main; CREATE TABLE db.hits ON CLUSTER main (a UInt8) ENGINE = ReplicatedReplacingMergeTree(a) ORDER BY a",
			),
			text(
				"DROP TABLE IF EXISTS hits SYNC; CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{database}/hits', '{replica}') ORDER BY a",
				"DROP TABLE IF EXISTS hits NO DELAY; CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a",
				"DROP TABLE IF EXISTS hits", "DROP TABLE IF EXISTS hits; CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a",
				"DROP TABLE IF EXISTS hits; CREATE TABLE hits2 (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a",
				"CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a; DROP TABLE hits",
			),
		},
		{
			"ch-unreplicated-engine-on-cluster",
			text("CREATE TABLE hits ON CLUSTER main (a UInt8) ENGINE = ReplacingMergeTree(a) ORDER BY a", "CREATE TABLE hits ON CLUSTER '{cluster}' (a UInt8) ENGINE = Log", "CREATE TABLE hits ON CLUSTER main (a UInt8) ORDER BY a"),
			text(
				"CREATE TABLE hits ON CLUSTER main (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a", "CREATE TABLE hits ON CLUSTER main AS l ENGINE = Distributed(main, db, l, a)", "CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a",
				"CREATE TABLE hits ON CLUSTER main (a UInt8) ENGINE = Null", "CREATE TABLE hits ON CLUSTER main (a UInt8) ENGINE = SharedMergeTree ORDER BY a",
			),
		},
		{
			"ch-missing-on-cluster",
			with(rule.Options{Cluster: "main"}, text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8", "DROP VIEW IF EXISTS v", "RENAME TABLE a TO b")),
			append(with(rule.Options{Cluster: "main"}, text("ALTER TABLE hits ON CLUSTER main ADD COLUMN IF NOT EXISTS b UInt8", "CREATE TABLE hits ON CLUSTER '{cluster}' (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a", "INSERT INTO hits VALUES (1)", "CREATE TEMPORARY TABLE x (a UInt8)")),
				text("ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8")...),
		},
		{
			"ch-replicated-path-without-shard-macro",
			text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{database}/hits', '{replica}') ORDER BY a", "CREATE TABLE hits ON CLUSTER main (a UInt8) ENGINE = ReplicatedSummingMergeTree('/ch/{uuid}', '{replica}', (a)) ORDER BY a"),
			text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{layer}-{shard}/{database}/hits', '{replica}') ORDER BY a", "CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a", "CREATE TABLE hits (a UInt8) ENGINE = MergeTree ORDER BY a"),
		},
		{
			"ch-replicated-path-without-replica-macro",
			text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{database}/hits', 'r1') ORDER BY a"),
			text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{database}/hits', '{shard}_{replica}') ORDER BY a"),
		},
		{
			"ch-replicated-path-without-database",
			text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{table}', '{replica}') ORDER BY a"),
			text("CREATE TABLE hits (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{shard}/{database}/{table}', '{replica}') ORDER BY a", "CREATE TABLE hits ON CLUSTER main (a UInt8) ENGINE = ReplicatedMergeTree('/ch/{uuid}/{shard}', '{replica}') ORDER BY a"),
		},
		{
			"ch-distributed-pair-incomplete",
			append(with(pair, text("ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8", "ALTER TABLE db.hits DROP COLUMN IF EXISTS b", "ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8; ALTER TABLE hits ADD COLUMN IF NOT EXISTS c UInt8", "ALTER TABLE hits_local MODIFY COLUMN a UInt64")),
				upon(known, "ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8")...),
			append(with(pair, text("ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8; ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8", "ALTER TABLE hits_local MODIFY COLUMN a CODEC(ZSTD)", "ALTER TABLE hits_local UPDATE a = 1 IN PARTITION 1 WHERE b", "ALTER TABLE other ADD COLUMN IF NOT EXISTS b UInt8")),
				text("ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8")...),
		},
		{
			"ch-distributed-pair-order",
			append(with(pair, text("ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8; ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8", "ALTER TABLE hits_local DROP COLUMN IF EXISTS b; ALTER TABLE hits DROP COLUMN IF EXISTS b")),
				upon(known, "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8; ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8")...),
			with(pair, text("ALTER TABLE hits_local ADD COLUMN IF NOT EXISTS b UInt8; ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8", "ALTER TABLE hits DROP COLUMN IF EXISTS b; ALTER TABLE hits_local DROP COLUMN IF EXISTS b", "ALTER TABLE hits ADD COLUMN IF NOT EXISTS b UInt8")),
		},
		{
			"ch-distributed-without-sharding-key",
			text("CREATE TABLE hits (a UInt8) ENGINE = Distributed('main', 'db', 'hits_local')"),
			text("CREATE TABLE hits (a UInt8) ENGINE = Distributed('main', 'db', 'hits_local', sipHash64(a))", "CREATE TABLE hits AS l ENGINE = Distributed(main, db, l, a, 'policy')"),
		},
		{
			"ch-distributed-random-sharding",
			text("CREATE TABLE hits (a UInt8) ENGINE = Distributed('main', 'db', 'hits_local', rand())", "CREATE TABLE hits AS l ENGINE = Distributed(main, db, l, rand64() % 4)"),
			text("CREATE TABLE hits (a UInt8) ENGINE = Distributed('main', 'db', 'hits_local', a)", "CREATE TABLE hits (a UInt8) ENGINE = Distributed('main', 'db', 'hits_local')"),
		},
	}
}
