package postgres

import (
	"fmt"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// retryRules are the rules on files that are run again after a failure, and on statements that could be one.
func retryRules() []check {
	return []check{
		{rule.Rule{
			Name: "concurrent-index-not-idempotent", Severity: rule.Error,
			Reason:      "a build that was cut off leaves an invalid index, and the next try fails on its name, or leaves another without one",
			Alternative: "CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON t (c); DROP INDEX CONCURRENTLY IF EXISTS name;",
		}, concurrentNotIdempotent, nil},
		{rule.Rule{
			Name: "prefer-robust-stmts", Severity: rule.Warning,
			Reason:      "outside a transaction a file may stop in the middle, and the next try fails on what is done already",
			Alternative: "IF NOT EXISTS, IF EXISTS, or a DROP ... IF EXISTS before the ADD",
		}, preferRobust, nil},
		{rule.Rule{
			Name: "multiple-alter-table-same-table", Severity: rule.Info,
			Reason:      "each ALTER TABLE takes the lock, and may read the table, anew",
			Alternative: "ALTER TABLE t first, second;",
		}, multipleAlter, nil},
		{rule.Rule{
			Name: "merge-alter-table", Severity: rule.Info,
			Reason:      "what one ALTER TABLE, or the CREATE TABLE of the same file, could say is said in several",
			Alternative: "ALTER TABLE t first, second; or the column in CREATE TABLE",
		}, mergeAlter, nil},
	}
}

// concurrentNotIdempotent reports CREATE and DROP INDEX CONCURRENTLY that cannot be repeated.
func concurrentNotIdempotent(c *context) {
	if i := c.node().GetIndexStmt(); i.GetConcurrent() && (!i.GetIfNotExists() || i.GetIdxname() == "") {
		c.suggest(concurrentIndex(newIndexes(c.node())[0]), "a build that was cut off leaves an invalid index, on which the next try fails")
	}
	if d := c.node().GetDropStmt(); d.GetConcurrent() && !d.GetMissingOk() {
		c.report("the next try fails when the index is gone already")
	}
}

// preferRobust reports statements that fail when they are repeated, in files of several statements that commit one by one.
func preferRobust(c *context) {
	if c.stmt.inside || len(c.file.statements) < 2 || c.stmt.node.GetDoStmt() != nil {
		return
	}
	if what := c.unguarded(); what != "" {
		c.report("%s fails when the file is tried again after it", what)
	}
}

// unguarded names what in the statement cannot be repeated, "" when all can.
func (c *context) unguarded() string {
	n := c.node()
	switch {
	case n.GetCreateStmt() != nil:
		t := n.GetCreateStmt()
		passing := t.GetRelation().GetRelpersistence() == "t" && t.GetOncommit() == pg.OnCommitAction_ONCOMMIT_DROP
		return ifNot(t.GetIfNotExists() || passing, "CREATE TABLE without IF NOT EXISTS")
	case n.GetIndexStmt() != nil:
		i := n.GetIndexStmt()
		return ifNot(i.GetIfNotExists() || i.GetIdxname() == "", "CREATE INDEX without IF NOT EXISTS")
	case n.GetCreateTableAsStmt() != nil:
		return ifNot(n.GetCreateTableAsStmt().GetIfNotExists(), "CREATE without IF NOT EXISTS")
	case n.GetCreateSeqStmt() != nil:
		return ifNot(n.GetCreateSeqStmt().GetIfNotExists(), "CREATE SEQUENCE without IF NOT EXISTS")
	case n.GetCreateSchemaStmt() != nil:
		return ifNot(n.GetCreateSchemaStmt().GetIfNotExists(), "CREATE SCHEMA without IF NOT EXISTS")
	case n.GetCreateExtensionStmt() != nil:
		return ifNot(n.GetCreateExtensionStmt().GetIfNotExists(), "CREATE EXTENSION without IF NOT EXISTS")
	case n.GetAlterEnumStmt() != nil && n.GetAlterEnumStmt().GetOldVal() == "":
		return ifNot(n.GetAlterEnumStmt().GetSkipIfNewValExists(), "ADD VALUE without IF NOT EXISTS")
	case n.GetDropStmt() != nil:
		return ifNot(n.GetDropStmt().GetMissingOk(), "DROP without IF EXISTS")
	case n.GetRenameStmt() != nil:
		return "RENAME"
	case n.GetAlterTableStmt() != nil:
		for _, a := range altersOf(n) {
			if what := c.unguardedAlter(a); what != "" {
				return what
			}
		}
	}
	return ""
}

func ifNot(guarded bool, what string) string {
	if guarded {
		return ""
	}
	return what
}

// unguardedAlter names a command of ALTER TABLE that cannot be repeated.
func (c *context) unguardedAlter(a alterUse) string {
	switch a.cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		return ifNot(a.cmd.GetMissingOk(), "ADD COLUMN without IF NOT EXISTS")
	case pg.AlterTableType_AT_DropColumn:
		return ifNot(a.cmd.GetMissingOk(), "DROP COLUMN without IF EXISTS")
	case pg.AlterTableType_AT_DropConstraint:
		return ifNot(a.cmd.GetMissingOk(), "DROP CONSTRAINT without IF EXISTS")
	case pg.AlterTableType_AT_AddConstraint:
		return ifNot(c.droppedBefore(a), "ADD CONSTRAINT without DROP CONSTRAINT IF EXISTS before it")
	case pg.AlterTableType_AT_SetNotNull:
		return "SET NOT NULL"
	case pg.AlterTableType_AT_EnableRowSecurity, pg.AlterTableType_AT_DisableRowSecurity, pg.AlterTableType_AT_ForceRowSecurity, pg.AlterTableType_AT_NoForceRowSecurity:
		return "the row security switch"
	case pg.AlterTableType_AT_AttachPartition, pg.AlterTableType_AT_DetachPartition, pg.AlterTableType_AT_AddIdentity:
		return "the command"
	}
	return ""
}

// droppedBefore reports whether a DROP CONSTRAINT IF EXISTS of the same name stands before the ADD, with no other ADD of it between.
func (c *context) droppedBefore(add alterUse) bool {
	constraint := add.cmd.GetDef().GetConstraint().GetConname()
	dropped := false
	for _, e := range c.file.statements[:c.stmt.index+1] {
		for _, a := range altersOf(e.node) {
			switch {
			case a.table.key() != add.table.key():
			case a.cmd == add.cmd:
				return dropped
			case a.cmd.GetSubtype() == pg.AlterTableType_AT_DropConstraint && a.cmd.GetMissingOk() && a.cmd.GetName() == constraint:
				dropped = true
			case a.cmd.GetSubtype() == pg.AlterTableType_AT_AddConstraint && a.cmd.GetDef().GetConstraint().GetConname() == constraint:
				dropped = false
			}
		}
	}
	return dropped
}

// multipleAlter reports the second ALTER TABLE of a table in use.
func multipleAlter(c *context) {
	n, ok := mergeable(c.stmt)
	if !ok || !c.existing(n) {
		return
	}
	for _, e := range c.file.statements[:c.stmt.index] {
		if m, ok := mergeable(e); ok && m.key() == n.key() {
			c.report("%s is altered in line %d as well: each statement takes the lock anew", n, e.line)
			return
		}
	}
}

// mergeable returns the table of an ALTER TABLE whose commands could stand in another. NOT VALID and VALIDATE belong apart, and so do
// partitions, CONCURRENTLY and USING INDEX.
func mergeable(st *statement) (name, bool) {
	list := altersOf(st.node)
	apart := []pg.AlterTableType{
		pg.AlterTableType_AT_ValidateConstraint, pg.AlterTableType_AT_AttachPartition, pg.AlterTableType_AT_DetachPartition, pg.AlterTableType_AT_DetachPartitionFinalize,
	}
	for _, a := range list {
		k := a.cmd.GetDef().GetConstraint()
		if slices.Contains(apart, a.cmd.GetSubtype()) || k.GetSkipValidation() && k.GetContype() != pg.ConstrType_CONSTR_NOTNULL || k.GetIndexname() != "" {
			return name{}, false
		}
	}
	if len(list) == 0 {
		return name{}, false
	}
	return list[0].table, true
}

// mergeAlter reports an ALTER TABLE that an earlier one, or the CREATE TABLE of the file, could have said.
func mergeAlter(c *context) {
	n, ok := mergeable(c.stmt)
	if !ok {
		return
	}
	for _, e := range c.file.statements[:c.stmt.index] {
		m, ok := mergeable(e)
		if t := e.node.GetCreateStmt(); t != nil {
			m, ok = rangeName(t.GetRelation()), true
		}
		if ok && m.key() == n.key() {
			c.suggest(fmt.Sprintf("one statement for %s", n), "the statement in line %d could say this as well", e.line)
			return
		}
	}
}
