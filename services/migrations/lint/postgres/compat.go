package postgres

import (
	"fmt"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// compatRules are the rules on steps that the previous build, which still runs, does not bear.
func compatRules() []check {
	const soak = "stop using it, wait until no instance needs it, then drop it"
	return []check{
		{rule.Rule{
			Name: "ban-drop-column", Severity: rule.Gate, Alternative: soak,
			Reason: "the previous build still reads or writes the column",
		}, dropColumn, nil},
		{rule.Rule{
			Name: "ban-drop-table", Severity: rule.Gate,
			Reason:      "the previous build still uses the table, and its rows are gone",
			Alternative: "ALTER TABLE t RENAME TO t_del; -- after the soak: DROP TABLE t_del;",
		}, dropOf("the table", pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE), nil},
		{rule.Rule{
			Name: "ban-drop-schema", Severity: rule.Gate, Alternative: soak,
			Reason: "the previous build still uses what the schema holds",
		}, dropOf("the schema", pg.ObjectType_OBJECT_SCHEMA), nil},
		{rule.Rule{
			Name: "ban-drop-view", Severity: rule.Gate, Alternative: soak,
			Reason: "the previous build still reads the view",
		}, dropView, nil},
		{rule.Rule{
			Name: "ban-drop-database", Severity: rule.Error, Alternative: "an operator drops it by hand",
			Reason: "all that the database holds is gone",
		}, func(c *context) {
			if d := c.node().GetDropdbStmt(); d != nil {
				c.report("all that the database %s holds is gone", quote(d.GetDbname()))
			}
		}, nil},
		{rule.Rule{
			Name: "ban-drop-not-null", Severity: rule.Gate, Alternative: "ship readers that bear NULL first",
			Reason: "readers of the previous build meet NULL where there was none",
		}, func(c *context) {
			for _, a := range c.alters(pg.AlterTableType_AT_DropNotNull) {
				c.reportOf(a.table, a.cmd.GetName(), "readers of the previous build meet NULL in %s of %s", quote(a.cmd.GetName()), a.table)
			}
		}, nil},
		{rule.Rule{
			Name: "ban-drop-foreign-key", Severity: rule.Warning, Alternative: "check that the writers keep the reference themselves",
			Reason: "without the foreign key rows may point to nothing",
		}, dropForeignKey, nil},
		{rule.Rule{
			Name: "renaming-column", Severity: rule.Gate, Alternative: "add the new column, write both, move the data, drop the old one",
			Reason: "the previous build fails at once on the old name",
		}, func(c *context) {
			if r := c.renames(pg.ObjectType_OBJECT_COLUMN); r != nil && c.existing(rangeName(r.GetRelation())) {
				c.reportOf(rangeName(r.GetRelation()), r.GetSubname(), "the previous build fails at once on %s of %s", quote(r.GetSubname()), rangeName(r.GetRelation()))
			}
		}, nil},
		{rule.Rule{
			Name: "renaming-table", Severity: rule.Gate, Alternative: "ALTER TABLE old RENAME TO new; CREATE VIEW old AS SELECT * FROM new;",
			Reason: "the previous build fails at once on the old name",
		}, renamingTable, nil},
		{rule.Rule{
			Name: "renaming-schema", Severity: rule.Gate, Alternative: "make the new schema beside the old one and move table by table",
			Reason: "the previous build fails at once on the old name",
		}, func(c *context) {
			if r := c.renames(pg.ObjectType_OBJECT_SCHEMA); r != nil {
				c.report("the previous build fails at once on everything in %s", quote(r.GetSubname()))
			}
		}, nil},
		{rule.Rule{
			Name: "renaming-enum-value", Severity: rule.Gate, Alternative: "add the new value, move the rows, leave the old one",
			Reason: "the previous build fails at once on the old value",
		}, func(c *context) {
			if e := c.node().GetAlterEnumStmt(); e.GetOldVal() != "" {
				c.report("the previous build fails at once on the value '%s'", e.GetOldVal())
			}
		}, nil},
		{rule.Rule{
			Name: "changing-column-default", Severity: rule.Warning, Alternative: "change the writers first, so that none leaves the column out",
			Reason: "writers of the previous build that leave the column out store another value from now on",
		}, changingDefault, nil},
		{rule.Rule{
			Name: "dropping-column-default", Severity: rule.Gate, Alternative: "change the writers first, so that none leaves the column out",
			Reason: "writers of the previous build that leave a NOT NULL column out, or give one that is GENERATED ALWAYS a value, fail at once",
		}, droppingDefault, nil},
		{rule.Rule{
			Name: "adding-required-field", Severity: rule.Error,
			Reason:      "a NOT NULL column without default fails at once on a table with rows, and on writers of the previous build",
			Alternative: "ALTER TABLE t ADD COLUMN c type NOT NULL DEFAULT constant;",
		}, addingRequiredField, nil},
		{rule.Rule{
			Name: "schema-backward-compatibility", Severity: rule.Info, Alternative: "see the finding of the particular rule",
			Reason: "the step narrows what the previous build may do",
		}, backwardCompatibility, nil},
	}
}

// dropOf returns the rule on DROP of these kinds. What the file made itself is nobody's yet.
func dropOf(what string, kinds ...pg.ObjectType) func(*context) {
	return func(c *context) {
		for _, n := range c.drops(kinds...) {
			if c.existing(n) && c.schema.created["schema "+n.key()] == 0 {
				if slices.Contains(kinds, pg.ObjectType_OBJECT_SCHEMA) {
					c.report("the previous build still uses %s %s", what, n)
					continue
				}
				c.reportOf(n, "*", "the previous build still uses %s %s", what, n)
			}
		}
	}
}

// dropColumn passes a column that the file itself adds.
func dropColumn(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_DropColumn) {
		if c.columnAdded(a.table, a.cmd.GetName()) {
			continue
		}
		c.reportOf(a.table, a.cmd.GetName(), "the previous build still uses %s of %s", quote(a.cmd.GetName()), a.table)
	}
}

// dropView passes a view that the next statements of the file make again.
func dropView(c *context) {
	for _, n := range c.drops(pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW) {
		if !c.madeAgain(n) {
			c.reportOf(n, "*", "the previous build still reads the view %s", n)
		}
	}
}

// madeAgain reports whether a later statement of the same transaction makes a view of this name.
func (c *context) madeAgain(n name) bool {
	for _, later := range c.file.statements[c.stmt.index+1:] {
		made := later.node.GetViewStmt() != nil && rangeName(later.node.GetViewStmt().GetView()).key() == n.key()
		made = made || (later.node.GetCreateTableAsStmt() != nil && rangeName(later.node.GetCreateTableAsStmt().GetInto().GetRel()).key() == n.key())
		if made && c.stmt.inside && later.transaction == c.stmt.transaction {
			return true
		}
	}
	return false
}

// dropForeignKey reports DROP CONSTRAINT of a foreign key, and of a constraint that nothing is known of, by its name neither.
func dropForeignKey(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_DropConstraint) {
		t := c.schema.table(a.table)
		k := t.constraint(a.cmd.GetName())
		kind := guess(a.cmd.GetName())
		switch {
		case k != nil && k.kind != pg.ConstrType_CONSTR_TYPE_UNDEFINED:
			kind = k.kind
		case t != nil && t.known:
			continue
		}
		if kind == pg.ConstrType_CONSTR_FOREIGN || kind == pg.ConstrType_CONSTR_TYPE_UNDEFINED {
			c.report("if %s is a foreign key, rows of %s may point to nothing from now on", quote(a.cmd.GetName()), a.table)
		}
	}
}

// readable are the objects that a query names like a table.
var readable = []pg.ObjectType{pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_FOREIGN_TABLE}

// renamingTable reports a table that moves to another schema as well, and passes a rename whose next statement makes a view under the old name.
func renamingTable(c *context) {
	if m := c.node().GetAlterObjectSchemaStmt(); slices.Contains(readable, m.GetObjectType()) && c.existing(rangeName(m.GetRelation())) {
		c.reportOf(rangeName(m.GetRelation()), "*", "the previous build finds %s no longer where it was", rangeName(m.GetRelation()))
	}
	r := c.renames(readable...)
	if r == nil || !c.existing(rangeName(r.GetRelation())) {
		return
	}
	n := rangeName(r.GetRelation())
	if next := c.next(); next != nil && next.node.GetViewStmt() != nil && rangeName(next.node.GetViewStmt().GetView()).key() == n.key() {
		return
	}
	to := name{n.schema, r.GetNewname()}
	c.objects = object(n, "*")
	c.suggest(fmt.Sprintf("ALTER TABLE %s RENAME TO %s;\nCREATE VIEW %[1]s AS SELECT * FROM %s;", n, quote(to.base), to), "the previous build fails at once on %s", n)
	c.objects = nil
}

// changingDefault passes the column that the same file adds: it has no writers yet.
func changingDefault(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_ColumnDefault) {
		if a.cmd.GetDef() != nil && !c.columnAdded(a.table, a.cmd.GetName()) {
			c.report("writers of the previous build that leave %s out store another value from now on", quote(a.cmd.GetName()))
		}
	}
}

// columnAdded reports whether this file adds the column.
func (c *context) columnAdded(table name, column string) bool {
	for _, e := range c.file.statements[:c.stmt.index+1] {
		for _, u := range columnsOf(e.node) {
			if !u.retype && u.table.key() == table.key() && u.name == column {
				return true
			}
		}
	}
	return false
}

// droppingDefault reports DROP DEFAULT unless the column is known to bear NULL, and DROP IDENTITY, whose column never does. It passes a column
// that gets another value of its own before anybody sees it without one, as from serial to identity.
func droppingDefault(c *context) {
	for _, a := range c.alters(pg.AlterTableType_AT_ColumnDefault, pg.AlterTableType_AT_DropIdentity) {
		col := c.schema.table(a.table).column(a.cmd.GetName())
		if a.cmd.GetDef() != nil || (col != nil && col.typ.name != "" && !col.notNull) || c.filledAgain(a) {
			continue
		}
		c.reportOf(a.table, a.cmd.GetName(), "writers of the previous build that leave %s out fail when it is NOT NULL", quote(a.cmd.GetName()))
	}
	c.alwaysGenerated()
}

// alwaysGenerated reports a column that gives itself a value from now on and takes none (428C9).
func (c *context) alwaysGenerated() {
	const always = "a"
	for _, a := range c.alters(pg.AlterTableType_AT_AddIdentity, pg.AlterTableType_AT_SetIdentity) {
		when := a.cmd.GetDef().GetConstraint().GetGeneratedWhen()
		for _, o := range a.cmd.GetDef().GetList().GetItems() {
			if e := o.GetDefElem(); e.GetDefname() == "generated" {
				when = string(rune(e.GetArg().GetInteger().GetIval()))
			}
		}
		if when != always || c.columnAdded(a.table, a.cmd.GetName()) {
			continue
		}
		c.objects = object(a.table, a.cmd.GetName())
		c.suggest("GENERATED BY DEFAULT, or change the writers first, so that none gives the column a value",
			"writers of the previous build that give %s a value fail at once", quote(a.cmd.GetName()))
		c.objects = nil
	}
}

// filledAgain reports whether the statement, or a later one of its transaction, gives the column a default or numbers it.
func (c *context) filledAgain(dropped alterUse) bool {
	for _, st := range c.file.statements[c.stmt.index:] {
		if st != c.stmt && (!c.stmt.inside || st.transaction != c.stmt.transaction) {
			return false
		}
		for _, a := range altersOf(st.node, pg.AlterTableType_AT_ColumnDefault, pg.AlterTableType_AT_AddIdentity) {
			if a.table.key() == dropped.table.key() && a.cmd.GetName() == dropped.cmd.GetName() && a.cmd.GetDef() != nil {
				return true
			}
		}
	}
	return false
}

// addingRequiredField reports a new column that needs a value and has none for the rows that are there.
func addingRequiredField(c *context) {
	for _, u := range c.addedColumns() {
		needs := hasConstraint(u.def, pg.ConstrType_CONSTR_NOTNULL) || hasConstraint(u.def, pg.ConstrType_CONSTR_PRIMARY)
		gives := givesDefault(u.def) || hasConstraint(u.def, pg.ConstrType_CONSTR_GENERATED) ||
			hasConstraint(u.def, pg.ConstrType_CONSTR_IDENTITY) || typeOf(u.def.GetTypeName()).isSerial()
		if needs && !gives {
			c.suggest(fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s type NOT NULL DEFAULT constant;", u.table, quote(u.name)),
				"%s has no value for the rows of %s, so the statement fails on the first one", quote(u.name), u.table)
		}
	}
}

// givesDefault reports whether a default stands behind the column that is not NULL.
func givesDefault(def *pg.ColumnDef) bool {
	return slices.ContainsFunc(def.GetConstraints(), func(n *pg.Node) bool {
		k := n.GetConstraint()
		return k.GetContype() == pg.ConstrType_CONSTR_DEFAULT && !k.GetRawExpr().GetAConst().GetIsnull()
	})
}

// backwardCompatibility is the umbrella over steps that narrow.
func backwardCompatibility(c *context) {
	drops := c.drops(pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_SCHEMA, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_FOREIGN_TABLE)
	narrow := c.node().GetDropdbStmt() != nil || len(c.alters(pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_AlterColumnType)) > 0
	for _, n := range drops {
		narrow = narrow || c.existing(n)
	}
	if r := c.renames(pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW); r != nil {
		narrow = narrow || c.existing(rangeName(r.GetRelation()))
	}
	if c.renames(pg.ObjectType_OBJECT_SCHEMA) != nil || c.node().GetAlterEnumStmt().GetOldVal() != "" {
		narrow = true
	}
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_FOREIGN, pg.ConstrType_CONSTR_CHECK) {
		narrow = narrow || (u.constraint.GetIndexname() == "" && u.def == nil && !u.constraint.GetSkipValidation())
	}
	if i := c.node().GetIndexStmt(); i.GetUnique() && c.existing(rangeName(i.GetRelation())) {
		narrow = true
	}
	if narrow {
		c.report("the step narrows what the previous build may do")
	}
}
