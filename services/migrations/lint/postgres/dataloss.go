package postgres

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// dataLossRules are the rules on rows that are lost, and on statements that touch all rows.
func dataLossRules() []check {
	return []check{
		{rule.Rule{
			Name: "ban-truncate", Severity: rule.Error,
			Reason:      "TRUNCATE removes all rows under ACCESS EXCLUSIVE",
			Alternative: "a backfill that deletes in batches, by name of the table",
		}, func(c *context) {
			if t := c.node().GetTruncateStmt(); t != nil {
				c.report("all rows of %s are gone", listNames(relations(t.GetRelations())))
			}
		}, nil},
		{rule.Rule{
			Name: "ban-truncate-cascade", Severity: rule.Error,
			Reason:      "TRUNCATE ... CASCADE also empties every table that points to this one, and theirs",
			Alternative: "name the tables",
		}, func(c *context) {
			if t := c.node().GetTruncateStmt(); t.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
				c.report("every table that points to %s is emptied as well", listNames(relations(t.GetRelations())))
			}
		}, nil},
		{rule.Rule{
			Name: "drop-cascade", Severity: rule.Error,
			Reason:      "CASCADE removes whatever depends on the object: views, constraints, columns, rows",
			Alternative: "drop the dependants by name first",
		}, dropCascade, nil},
		{rule.Rule{
			Name: "unbatched-dml", Severity: rule.Error,
			Reason:      "one statement over all rows holds their locks, and keeps the dead rows, until it ends",
			Alternative: "a backfill: batches by primary key, with a checkpoint",
		}, unbatchedDML, nil},
		{rule.Rule{
			Name: "mixed-ddl-dml", Severity: rule.Error,
			Reason:      "rows changed in a file of the schema hold the locks of the schema's statements for as long as they take",
			Alternative: "a backfill beside the migrations",
		}, mixedDML, nil},
	}
}

func relations(nodes []*pg.Node) []name {
	var list []name
	for _, n := range nodes {
		list = append(list, rangeName(n.GetRangeVar()))
	}
	return list
}

// dropping are the commands of ALTER TABLE and ALTER TYPE that take CASCADE to what depends on what they remove.
var dropping = []pg.AlterTableType{pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_DropConstraint}

// dropsFresh reports whether a DROP TABLE names only tables that the file itself made: what depends on them is the file's own.
func (c *context) dropsFresh() bool {
	list := c.drops(pg.ObjectType_OBJECT_TABLE)
	return len(list) > 0 && all(list, c.schema.fresh)
}

// dropCascade reports CASCADE of any drop.
func dropCascade(c *context) {
	n := c.node()
	const cascade = pg.DropBehavior_DROP_CASCADE
	found := (n.GetDropStmt().GetBehavior() == cascade && !c.dropsFresh()) || n.GetTruncateStmt().GetBehavior() == cascade || n.GetDropOwnedStmt() != nil
	for _, cmd := range n.GetAlterTableStmt().GetCmds() {
		found = found || (slices.Contains(dropping, cmd.GetAlterTableCmd().GetSubtype()) && cmd.GetAlterTableCmd().GetBehavior() == cascade)
	}
	if d := n.GetAlterDomainStmt(); d.GetSubtype() == "X" && d.GetBehavior() == cascade {
		found = true
	}
	if found {
		c.report("CASCADE removes whatever depends on the object, also what this file does not name")
	}
}

// unbatchedDML reports a change of all rows of a table that was there before the file, and loops of changes in a DO block, which are one
// transaction all the same.
func unbatchedDML(c *context) {
	n := c.node()
	switch {
	case n.GetUpdateStmt() != nil && unbounded(n.GetUpdateStmt().GetWhereClause()) && c.existing(rangeName(n.GetUpdateStmt().GetRelation())):
		c.report("all rows of %s are written in one statement", rangeName(n.GetUpdateStmt().GetRelation()))
	case n.GetDeleteStmt() != nil && unbounded(n.GetDeleteStmt().GetWhereClause()) && c.existing(rangeName(n.GetDeleteStmt().GetRelation())):
		c.report("all rows of %s are deleted in one statement", rangeName(n.GetDeleteStmt().GetRelation()))
	case n.GetInsertStmt() != nil:
		if source := c.openSelect(n.GetInsertStmt().GetSelectStmt().GetSelectStmt()); source != "" {
			c.report("all rows of %s are copied in one statement", source)
		}
	case n.GetSelectStmt() != nil:
		for _, inner := range changesWithin(n) {
			if table := rangeName(inner.on); unbounded(inner.where) && c.existing(table) {
				c.report("all rows of %s are changed in one statement", table)
			}
		}
	case n.GetDoStmt() != nil && changesRows(n.GetDoStmt()):
		c.report("a DO block is one transaction: its locks are held to the end, whatever it loops over")
	}
}

// change is an UPDATE or DELETE inside another statement.
type change struct {
	on    *pg.RangeVar
	where *pg.Node
}

// changesWithin returns the changes that stand in the WITH of a SELECT.
func changesWithin(n *pg.Node) []change {
	var list []change
	for _, e := range n.GetSelectStmt().GetWithClause().GetCtes() {
		q := e.GetCommonTableExpr().GetCtequery()
		switch {
		case q.GetUpdateStmt() != nil:
			list = append(list, change{q.GetUpdateStmt().GetRelation(), q.GetUpdateStmt().GetWhereClause()})
		case q.GetDeleteStmt() != nil:
			list = append(list, change{q.GetDeleteStmt().GetRelation(), q.GetDeleteStmt().GetWhereClause()})
		}
	}
	return list
}

// unbounded reports whether a WHERE leaves no row out.
func unbounded(where *pg.Node) bool {
	if where == nil {
		return true
	}
	if k := where.GetAConst(); k != nil {
		return k.GetBoolval().GetBoolval()
	}
	if e := where.GetAExpr(); e.GetLexpr().GetAConst() != nil && e.GetRexpr().GetAConst() != nil {
		return true // 1 = 1
	}
	return false
}

// openSelect returns the table in use that a SELECT reads without a bound, "" when it has one.
func (c *context) openSelect(s *pg.SelectStmt) string {
	if s.GetLarg() != nil && s.GetLimitCount() == nil {
		return first(c.openSelect(s.GetLarg()), c.openSelect(s.GetRarg()))
	}
	if s == nil || len(s.GetFromClause()) == 0 || !unbounded(s.GetWhereClause()) || s.GetLimitCount() != nil {
		return ""
	}
	for _, f := range s.GetFromClause() {
		if r := f.GetRangeVar(); r != nil && c.existing(rangeName(r)) {
			return rangeName(r).String()
		}
		if f.GetJoinExpr() != nil {
			return "a join"
		}
		if source := c.openSelect(f.GetRangeSubselect().GetSubquery().GetSelectStmt()); source != "" {
			return source
		}
	}
	return ""
}

// changesRows reports whether a statement of a DO block, or the WITH of one, changes rows.
func changesRows(d *pg.DoStmt) bool {
	list := tokens(bodyOf(d))
	return slices.ContainsFunc([]string{"UPDATE", "DELETE", "INSERT", "MERGE"}, func(head string) bool {
		for i := range list {
			if wordsAt(list, i, head) && (begins(list, i) || wordsAt(list, i-1, "(") || wordsAt(list, i-1, ")")) {
				return true
			}
		}
		return false
	})
}

// mixedDML reports changes of rows of tables that were there before the file.
func mixedDML(c *context) {
	n := c.node()
	var on *pg.RangeVar
	switch {
	case n.GetUpdateStmt() != nil:
		on = n.GetUpdateStmt().GetRelation()
	case n.GetDeleteStmt() != nil:
		on = n.GetDeleteStmt().GetRelation()
	case n.GetMergeStmt() != nil:
		on = n.GetMergeStmt().GetRelation()
	case n.GetInsertStmt() != nil:
		on = n.GetInsertStmt().GetRelation()
	default:
		if list := changesWithin(n); len(list) > 0 {
			on = list[0].on
			break
		}
		return
	}
	if c.existing(rangeName(on)) {
		c.report("rows of %s are changed in a file of the schema", rangeName(on))
	}
}
