package postgres

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// lockRules are the rules on locks that a statement takes, or keeps.
func lockRules() []check {
	return append([]check{
		{rule.Rule{
			Name: "require-concurrent-partition-detach", Severity: rule.Error,
			Reason:      "DETACH PARTITION takes ACCESS EXCLUSIVE on the parent and the partition",
			Alternative: "ALTER TABLE parent DETACH PARTITION p CONCURRENTLY;",
		}, concurrentDetach, nil},
		{rule.Rule{
			Name: "attach-partition-scan", Severity: rule.Error,
			Reason:      "ATTACH PARTITION reads all rows of the new partition, and of a DEFAULT one, under ACCESS EXCLUSIVE unless a validated CHECK proves the bound",
			Alternative: "ALTER TABLE p ADD CONSTRAINT k CHECK (c IS NOT NULL AND c >= a AND c < b) NOT VALID; -- commit; VALIDATE; then ATTACH",
		}, attachScan, nil},
		{rule.Rule{
			Name: "create-partition-of-locks-parent", Severity: rule.Warning,
			Reason:      "CREATE TABLE ... PARTITION OF takes ACCESS EXCLUSIVE on the parent",
			Alternative: "CREATE TABLE p (LIKE parent INCLUDING ALL, CHECK (bound)); ALTER TABLE parent ATTACH PARTITION p ...;",
		}, partitionOf, nil},
		{rule.Rule{
			Name: "ddl-on-hot-table", Severity: rule.Error,
			Reason:      "ACCESS EXCLUSIVE on a table under constant use: while it waits, everybody behind it waits",
			Alternative: "a quiet window, with the acknowledgement in the file",
		}, ddlOnHotTable, nil},
		{rule.Rule{
			Name: "long-statement-while-holding-access-exclusive", Severity: rule.Error,
			Reason:      "whatever follows ACCESS EXCLUSIVE in the same transaction adds its time to that of the lock",
			Alternative: "put the statement that locks last, or into a file of its own",
		}, longWhileHolding, nil},
		{rule.Rule{
			Name: "multiple-tables-locked-in-one-transaction", Severity: rule.Warning,
			Reason:      "a transaction that locks several tables one after another deadlocks with one that takes them in another order",
			Alternative: "one table per file",
		}, multipleTables, nil},
		{rule.Rule{
			Name: "explicit-lock-table", Severity: rule.Error,
			Reason:      "LOCK TABLE stops writers for the rest of the transaction; without a mode it is ACCESS EXCLUSIVE",
			Alternative: "let the statement that needs a lock take it",
		}, explicitLock, nil},
		{rule.Rule{
			Name: "create-trigger", Severity: rule.Warning,
			Reason:      "CREATE TRIGGER takes SHARE ROW EXCLUSIVE on the table and changes what every write does",
			Alternative: "alone in a file, so that its transaction can be tried again",
		}, createTrigger, nil},
		{rule.Rule{
			Name: "drop-trigger", Severity: rule.Warning,
			Reason:      "DROP TRIGGER takes ACCESS EXCLUSIVE on the table and changes what every write does",
			Alternative: "alone in a file, so that its transaction can be tried again",
		}, dropTrigger, nil},
		{rule.Rule{
			Name: "disable-trigger", Severity: rule.Error,
			Reason:      "without triggers foreign keys are not enforced, and rows that break them stay",
			Alternative: "write in an order that the foreign keys bear, or make them DEFERRABLE",
		}, disableTrigger, nil},
	}, timeoutRules()...)
}

// concurrentDetach reports DETACH without CONCURRENTLY; FINALIZE is the end of one with.
func concurrentDetach(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_DetachPartition) {
		if p := a.cmd.GetDef().GetPartitionCmd(); !p.GetConcurrent() {
			n := rangeName(p.GetName())
			c.suggest(fmt.Sprintf("-- devtrail: no-transaction\nALTER TABLE %s DETACH PARTITION %s CONCURRENTLY;", a.table, n),
				"detaching %s takes ACCESS EXCLUSIVE on it and on %s", n, a.table)
		}
	}
}

// attachScan reports ATTACH of a table with rows that nothing proves to fit.
func attachScan(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_AttachPartition) {
		p := a.cmd.GetDef().GetPartitionCmd()
		if n := rangeName(p.GetName()); c.existing(n) && !c.schema.attachProven(a.table, p) {
			c.report("all rows of %s, and of a DEFAULT partition, are read under ACCESS EXCLUSIVE", n)
		}
	}
}

// partitionOf reports a partition that is made in place.
func partitionOf(c *context) {
	t := c.node().GetCreateStmt()
	if t.GetPartbound() == nil || len(t.GetInhRelations()) == 0 {
		return
	}
	if parent := rangeName(t.GetInhRelations()[0].GetRangeVar()); c.existing(parent) {
		c.report("making %s as a partition takes ACCESS EXCLUSIVE on %s", rangeName(t.GetRelation()), parent)
	}
}

// ddlOnHotTable reports ACCESS EXCLUSIVE on a table that the options name.
func ddlOnHotTable(c *context) {
	for _, e := range c.stmt.effects {
		if c.hotKey(e.key) && e.Lock == AccessExclusive && !e.New {
			c.report("ACCESS EXCLUSIVE on %s, which is under constant use: while the statement waits, everybody waits", e.Table)
		}
	}
}

// longWhileHolding reports the first statement of a transaction that follows ACCESS EXCLUSIVE.
func longWhileHolding(c *context) {
	if c.node().GetTransactionStmt() != nil || c.node().GetVariableSetStmt() != nil {
		return
	}
	held := c.held()
	if len(held) == 0 {
		return
	}
	for _, f := range c.found {
		if f.Rule == c.rule.Name && c.file.statements[f.Statement].transaction == c.stmt.transaction {
			return
		}
	}
	c.report("the transaction holds ACCESS EXCLUSIVE on %s, and this statement adds its time", held[0].Table)
}

// multipleTables reports the statement that takes ACCESS EXCLUSIVE on a second table.
func multipleTables(c *context) {
	first := ""
	for _, h := range c.held() {
		first = h.key
	}
	for _, e := range c.stmt.effects {
		if e.Lock != AccessExclusive || e.New {
			continue
		}
		if first != "" && e.key != first {
			c.report("the transaction takes ACCESS EXCLUSIVE on %s besides %s: a transaction with another order deadlocks", e.Table, first)
			return
		}
		first = e.key
	}
}

// explicitLock reports LOCK TABLE from SHARE on.
func explicitLock(c *context) {
	if l := c.node().GetLockStmt(); l != nil && Lock(l.GetMode()) >= Share {
		c.report("LOCK TABLE in mode %s stops writers until the transaction ends", Lock(l.GetMode()))
	}
}

// createTrigger reports a new trigger on a table in use.
func createTrigger(c *context) {
	if t := c.node().GetCreateTrigStmt(); t != nil && c.existing(rangeName(t.GetRelation())) {
		c.report("the trigger %s takes SHARE ROW EXCLUSIVE on %s and changes what every write does", quote(t.GetTrigname()), rangeName(t.GetRelation()))
	}
}

// dropTrigger reports DROP TRIGGER.
func dropTrigger(c *context) {
	for _, n := range c.drops(pg.ObjectType_OBJECT_TRIGGER) {
		if c.stmt.lock() != NoLock {
			c.report("dropping the trigger %s takes ACCESS EXCLUSIVE on its table and changes what every write does", quote(n.base))
		}
	}
}

// disableTrigger reports triggers that are switched off, on a table or for the session.
func disableTrigger(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_DisableTrig, pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_DisableTrigUser) {
		c.report("the triggers of %s no longer run, foreign keys among them", a.table)
	}
	if c.setting("session_replication_role") == "replica" || configured(c.node(), true)["session_replication_role"] == "replica" || configured(c.node(), false)["session_replication_role"] == "replica" {
		c.report("session_replication_role = replica switches triggers and foreign keys off")
	}
}
