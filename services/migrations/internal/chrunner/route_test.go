package chrunner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Replicated tables need Keeper, which the embedded engine does not have, so their routes are judged by the text.
func TestRoutes(t *testing.T) {
	const shared = "ReplicatedMergeTree('/tables/{shard}/t', '{replica}') ORDER BY a"
	cases := []struct {
		sql, engine, full string
		want              route
	}{
		{"ALTER TABLE t (ADD COLUMN `c` String)", "MergeTree", "MergeTree ORDER BY a", everywhere},
		{"ALTER TABLE t (ADD COLUMN `c` String)", "ReplicatedMergeTree", shared, onePerShard},
		{"ALTER TABLE t (UPDATE  a = 1 WHERE 1)", "ReplicatedMergeTree", shared, onePerShard},
		{"DELETE FROM t WHERE a = 1", "ReplicatedReplacingMergeTree", shared, onePerShard},
		{"ALTER TABLE t (ADD COLUMN `c` String)", "ReplicatedMergeTree", "ReplicatedMergeTree('/tables/t', '{shard}_{replica}') ORDER BY a", anywhere},
		{"ALTER TABLE t (ADD COLUMN `c` String)", "SharedMergeTree", "SharedMergeTree('/tables/{uuid}/{shard}', '{replica}')", anywhere},
		{"ALTER TABLE d (ADD COLUMN `c` String)", "Distributed", "Distributed('c', 'db', 't')", everywhere},
		{"CREATE TABLE t (`a` UInt8) ENGINE = ReplicatedMergeTree ORDER BY a", "", "", everywhere},
		{"CREATE MATERIALIZED VIEW v TO t AS SELECT 1 AS a", "", "", everywhere},
		{"CREATE DICTIONARY d (`a` UInt64) PRIMARY KEY a", "", "", everywhere},
		{"DROP TABLE t SYNC", "ReplicatedMergeTree", shared, everywhere},
		{"RENAME TABLE t TO u", "ReplicatedMergeTree", shared, everywhere},
		{"TRUNCATE TABLE t", "ReplicatedMergeTree", shared, onePerShard},
		{"ALTER TABLE t ON CLUSTER c (ADD COLUMN `c` String)", "MergeTree", "MergeTree ORDER BY a", anywhere},
	}
	for _, c := range cases {
		require.Equal(t, c.want, routeOf(read(c.sql), c.engine, keeperPath(c.full)), "%s on %s", c.sql, c.full)
	}
	hosts := []*host{{name: "a", shard: 1}, {name: "b", shard: 1}, {name: "c", shard: 2}, {name: "d", shard: 2}}
	require.Equal(t, hosts, pick(hosts, everywhere))
	require.Equal(t, []*host{hosts[0], hosts[2]}, pick(hosts, onePerShard))
	require.Equal(t, hosts[:1], pick(hosts, anywhere))
}

// TestReplicatedDefinitionsAreComparedWithoutTheirPlace compares as the guard does, with the replication left out.
func TestReplicatedDefinitionsAreComparedWithoutTheirPlace(t *testing.T) {
	s := read("CREATE TABLE t (`a` UInt8) ENGINE = ReplicatedReplacingMergeTree('/tables/{shard}/t', '{replica}', a) ORDER BY a")
	want, have := plain(s, definition{
		engine: "ReplicatedReplacingMergeTree",
		text:   "CREATE TABLE db.t (`a` UInt8) ENGINE = ReplicatedReplacingMergeTree('/tables/{shard}/t', '{replica}', a) ORDER BY a SETTINGS index_granularity = 8192",
	})
	require.Equal(t, "(`a` UInt8) ENGINE = ReplacingMergeTree(a) ORDER BY a", want)
	require.Equal(t, body("CREATE TABLE x.y (`a` UInt8) ENGINE = ReplacingMergeTree(a) ORDER BY a SETTINGS index_granularity = 8192"), have)
}

func TestStatementsAreRead(t *testing.T) {
	s := read("ALTER TABLE `d b`.t ON CLUSTER c (ADD COLUMN IF NOT EXISTS `z` DateTime64(3, 'UTC') DEFAULT 3 FIRST ), (UPDATE  b = concat(b, 'x'), `n` = 2 WHERE a > 3), (MODIFY COLUMN `q` REMOVE CODEC) SETTINGS alter_sync = 2")
	require.Equal(t, object{database: "d b", name: "t"}, s.object())
	require.True(t, s.cluster)
	require.Len(t, s.actions, 3)
	require.Equal(t, "DateTime64(3, 'UTC')", s.actions[0].typeOf())
	require.Equal(t, []string{"b", "n"}, s.actions[1].sets())
	require.Empty(t, s.actions[2].typeOf())
	require.Equal(t, "SETTINGS alter_sync = 2", s.tail)
	require.True(t, s.actions[1].made("(UPDATE b = concat(b, 'x'), n = 2 WHERE (a > 3))"))
	require.False(t, s.actions[1].made("(UPDATE b = concat(b, 'y'), n = 2 WHERE a > 3)"))

	for sql, fills := range map[string]bool{
		"INSERT INTO t SELECT 1": true, "UPDATE t SET a = 1 WHERE b = 2": true, "ALTER TABLE t (ATTACH PARTITION 1 FROM u)": true, "ALTER TABLE t (ATTACH PARTITION 1)": false,
		"CREATE TABLE t ENGINE = Log AS SELECT 1 AS a": true, "CREATE TABLE t ENGINE = Log EMPTY AS SELECT 1 AS a": false, "CREATE VIEW v AS SELECT 1 AS a": false,
	} {
		require.Equal(t, fills, read(sql).fills(), sql)
	}
	drop := read("DROP TABLE IF EXISTS a, x.b SYNC")
	require.True(t, drop.guarded)
	require.Equal(t, []object{{name: "a"}, {database: "x", name: "b"}}, drop.objects)
}
