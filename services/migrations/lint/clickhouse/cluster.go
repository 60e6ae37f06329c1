package clickhouse

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// clusterRules judge statements by the hosts that must have them.
func clusterRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-drop-replicated-without-sync", Severity: rule.Error,
			Reason:      "the Keeper path of a dropped table lives on for 480 s, so making the table again fails (code 253)",
			Alternative: "DROP TABLE IF EXISTS t SYNC",
		}, dropReplicated},
		{rule.Rule{
			Name: "ch-unreplicated-engine-on-cluster", Severity: rule.Error,
			Reason:      "each host of the cluster gets a table of its own, so the rows differ by host",
			Alternative: "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')",
		}, unreplicatedOnCluster},
		{rule.Rule{
			Name: "ch-missing-on-cluster", Severity: rule.Error,
			Reason:      "the other hosts of the cluster do not get the change",
			Alternative: "ON CLUSTER name, or a run host by host",
		}, missingOnCluster},
		{rule.Rule{
			Name: "ch-replicated-path-without-shard-macro", Severity: rule.Error,
			Reason:      "shards with one Keeper path are replicas of each other",
			Alternative: "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
		}, pathWithoutShard},
		{rule.Rule{
			Name: "ch-replicated-path-without-replica-macro", Severity: rule.Error,
			Reason:      "two hosts with one replica name cannot both join",
			Alternative: "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
		}, pathWithoutReplica},
		{rule.Rule{
			Name: "ch-replicated-path-without-database", Severity: rule.Error,
			Reason:      "a table of the same name in another database meets this one in Keeper",
			Alternative: "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
		}, pathWithoutDatabase},
		{rule.Rule{
			Name: "ch-distributed-pair-incomplete", Severity: rule.Error,
			Reason:      "a column must be in the local table and in its Distributed table, or reads and inserts through it fail",
			Alternative: "ALTER TABLE t_local ADD COLUMN IF NOT EXISTS c ...; ALTER TABLE t ADD COLUMN IF NOT EXISTS c ...",
		}, pairIncomplete},
		{rule.Rule{
			Name: "ch-distributed-pair-order", Severity: rule.Error,
			Reason:      "a column is added to the local table first and dropped from the Distributed table first, so that no query names a column that is not there",
			Alternative: "ADD: local, then Distributed; DROP: Distributed, wait for its queue, then local",
		}, pairOrder},
		{rule.Rule{
			Name: "ch-distributed-without-sharding-key", Severity: rule.Error,
			Reason:      "with more than one shard every INSERT into the table fails (code 55)",
			Alternative: "ENGINE = Distributed(cluster, db, t_local, cityHash64(tenant_id))",
		}, distributedWithoutKey},
		{rule.Rule{
			Name: "ch-distributed-random-sharding", Severity: rule.Info,
			Reason:      "random sharding parts rows that belong together: Replacing tables keep duplicates and joins cannot stay on a shard",
			Alternative: "ENGINE = Distributed(cluster, db, t_local, cityHash64(tenant_id))",
		}, distributedRandom},
	}
}

// dropReplicated finds DROP without SYNC of a table that a later statement makes again as a replicated one. A path with {uuid} is new each time.
func dropReplicated(c *check) {
	if !strings.HasPrefix(c.head, "DROP TABLE") || c.sync || c.settings["database_atomic_wait_for_drop_and_detach_synchronously"] == "1" {
		return
	}
	after := false
	for _, st := range c.run {
		if st == c.statement {
			after = true
			continue
		}
		if !after || st.head != "CREATE TABLE" || st.create == nil || !dropsToo(c.drops, st.object) || !st.create.engine.isReplicated() {
			continue
		}
		if path, _, ok := st.create.engine.keeper(); !ok || !strings.Contains(path, "{uuid}") {
			c.report(c.pos(), st.object.String()+" is dropped without SYNC and made again while its Keeper path is still there", "")
		}
		return
	}
}

// plain are the engines besides MergeTree that keep rows on one host.
var plain = []string{"Memory", "Log", "TinyLog", "StripeLog", "Set", "Join", "EmbeddedRocksDB", "File"}

// unreplicatedOnCluster finds tables made on all hosts whose rows stay where they are inserted.
func unreplicatedOnCluster(c *check) {
	if !c.makesTable() || c.cluster == "" {
		return
	}
	e, ok := c.mergeTree()
	if ok && !e.isReplicated() || e != nil && slices.Contains(plain, e.name) {
		c.report(e.position(c), c.object.String()+" is made on every host of "+c.cluster+" with the engine "+e.name+", which does not replicate", "")
	}
}

// missingOnCluster finds statements that change one host of a cluster.
func missingOnCluster(c *check) {
	if c.opts.Cluster == "" || c.cluster != "" {
		return
	}
	first, _, _ := strings.Cut(c.head, " ")
	if !slices.Contains([]string{"CREATE", "ALTER", "DROP", "DETACH", "ATTACH", "TRUNCATE", "RENAME", "EXCHANGE", "DELETE", "UPDATE", "OPTIMIZE"}, first) || c.temporary() || c.create != nil && c.create.temporary {
		return
	}
	c.report(c.pos(), c.head+" "+c.object.String()+" changes one host of the cluster "+c.opts.Cluster, "ON CLUSTER "+c.opts.Cluster)
}

// keeperPath reports a written Keeper path for which bad holds.
func keeperPath(c *check, bad func(path, replica string) bool, text string) {
	if c.create == nil {
		return
	}
	if path, replica, ok := c.create.engine.keeper(); ok && bad(path, replica) {
		c.report(c.create.engine.pos, text+" "+c.object.String(), "")
	}
}

// macro reports whether a text has a macro with the word in its name.
func macro(text, word string) bool {
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			return false
		}
		name, after, _ := strings.Cut(rest, "}")
		if strings.Contains(strings.ToLower(name), word) {
			return true
		}
		text = after
	}
}

// pathWithoutShard finds Keeper paths that are the same on every shard.
func pathWithoutShard(c *check) {
	keeperPath(c, func(path, _ string) bool { return !macro(path, "shard") }, "no {shard} in the Keeper path of")
}

// pathWithoutReplica finds replica names that are the same on every host.
func pathWithoutReplica(c *check) {
	keeperPath(c, func(_, replica string) bool { return !macro(replica, "replica") && !macro(replica, "host") }, "no {replica} in the replica name of")
}

// pathWithoutDatabase finds Keeper paths that are the same in every database.
func pathWithoutDatabase(c *check) {
	keeperPath(c, func(path, _ string) bool { return !macro(path, "database") && !macro(path, "uuid") }, "neither {database} nor {uuid} in the Keeper path of")
}

// distributedWithoutKey finds Distributed tables without a sharding key.
func distributedWithoutKey(c *check) {
	if e := c.distributed(); e != nil && len(e.args) == 3 {
		c.report(e.pos, c.object.String()+" has no sharding key", "")
	}
}

// distributedRandom finds Distributed tables whose sharding key is random.
func distributedRandom(c *check) {
	if e := c.distributed(); e != nil && len(e.args) > 3 && e.args[3].callsAny(volatile...) {
		c.report(e.pos, c.object.String()+" sends rows to random shards", "")
	}
}

func (c *check) distributed() *engine {
	if c.create != nil && c.create.engine != nil && c.create.engine.name == "Distributed" {
		return c.create.engine
	}
	return nil
}
