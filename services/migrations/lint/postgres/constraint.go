package postgres

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// constraintRules are the rules on adding constraints to tables in use.
func constraintRules() []check {
	return []check{
		{rule.Rule{
			Name: "adding-foreign-key-constraint", Severity: rule.Error,
			Reason:      "adding a foreign key holds SHARE ROW EXCLUSIVE on both tables while all rows are checked, so nobody writes to either",
			Alternative: "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES o (id) NOT VALID; -- commit, then: ALTER TABLE t VALIDATE CONSTRAINT c;",
		}, addingForeignKey, nil},
		{rule.Rule{
			Name: "fk-to-hot-table", Severity: rule.Error,
			Reason:      "a foreign key takes SHARE ROW EXCLUSIVE on the table it points to, which is under constant writes",
			Alternative: "create the table bare; ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES hot (id) NOT VALID; alone in a file",
		}, foreignKeyToHotTable, nil},
		{rule.Rule{
			Name: "create-table-references-lock", Severity: rule.Warning,
			Reason:      "REFERENCES takes SHARE ROW EXCLUSIVE on the table it points to, also in CREATE TABLE",
			Alternative: "create the table bare; ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES o (id) NOT VALID; alone in a file",
		}, createTableReferences, nil},
		{rule.Rule{
			Name: "constraint-missing-not-valid", Severity: rule.Error,
			Reason:      "a CHECK or foreign key without NOT VALID, or validated in the same transaction, reads all rows under the strong lock",
			Alternative: "ALTER TABLE t ADD CONSTRAINT c CHECK (...) NOT VALID; -- commit, then: ALTER TABLE t VALIDATE CONSTRAINT c;",
		}, constraintMissingNotValid, nil},
		{rule.Rule{
			Name: "validate-in-same-transaction", Severity: rule.Error,
			Reason:      "VALIDATE reads all rows under every lock that is held by then: that of the ADD in the same transaction, and that of other commands of its own statement",
			Alternative: "VALIDATE by itself, in a later file",
		}, validateInSameTransaction, nil},
		{rule.Rule{
			Name: "adding-column-inline-check", Severity: rule.Error,
			Reason:      "ADD COLUMN with a CHECK reads all rows under ACCESS EXCLUSIVE, although the column is new",
			Alternative: "ALTER TABLE t ADD COLUMN c type; ALTER TABLE t ADD CONSTRAINT k CHECK (...) NOT VALID; -- commit, then: ALTER TABLE t VALIDATE CONSTRAINT k;",
		}, addingCheckWithColumn, nil},
		{rule.Rule{
			Name: "disallowed-unique-constraint", Severity: rule.Error,
			Reason:      "adding UNIQUE builds its index under ACCESS EXCLUSIVE, so nobody reads or writes until it is built",
			Alternative: "CREATE UNIQUE INDEX CONCURRENTLY i ON t (c); ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i;",
		}, disallowedUnique, nil},
		{rule.Rule{
			Name: "adding-serial-primary-key-field", Severity: rule.Error,
			Reason:      "adding a primary key builds its index under ACCESS EXCLUSIVE, so nobody reads or writes until it is built",
			Alternative: "CREATE UNIQUE INDEX CONCURRENTLY i ON t (id); ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX i;",
		}, addingPrimaryKey, nil},
		{rule.Rule{
			Name: "primary-key-on-nullable-column", Severity: rule.Error,
			Reason:      "a primary key over a column that may be NULL sets NOT NULL first, which reads all rows under ACCESS EXCLUSIVE, also USING INDEX",
			Alternative: "ALTER TABLE t ADD CONSTRAINT n CHECK (c IS NOT NULL) NOT VALID; VALIDATE; ALTER COLUMN c SET NOT NULL; then the key",
		}, primaryKeyOnNullable, nil},
		{rule.Rule{
			Name: "adding-exclusion-constraint", Severity: rule.Error,
			Reason:      "EXCLUDE builds its index and reads all rows twice under ACCESS EXCLUSIVE",
			Alternative: "none online: a new table with the constraint, copied in batches, or a maintenance window",
		}, addingExclusion, nil},
	}
}

// foreignKeys returns the foreign keys that the statement adds to tables in use. A table that the file made is in use once its transaction
// has ended, for this rule: the key also locks the table that it points to, which is not the file's own.
func foreignKeys(c *context) []constraintUse {
	return slices.DeleteFunc(newConstraints(c.node()), func(u constraintUse) bool {
		return u.created || u.constraint.GetContype() != pg.ConstrType_CONSTR_FOREIGN || !c.existing(u.table) && !c.committed(u.table)
	})
}

// committed reports whether the file made the table in a transaction that has ended.
func (c *context) committed(n name) bool {
	if t := c.schema.table(n); t == nil || t.temporary {
		return false
	}
	made := func(s *statement) bool {
		for _, r := range []*pg.RangeVar{
			tableDefinition(s.node).GetRelation(), s.node.GetCreateTableAsStmt().GetInto().GetRel(), s.node.GetSelectStmt().GetIntoClause().GetRel(),
		} {
			if r != nil && rangeName(r).key() == n.key() {
				return true
			}
		}
		return false
	}
	return c.schema.fresh(n) && !slices.ContainsFunc(c.file.earlier(c.stmt), made)
}

// addingForeignKey reports a foreign key that is checked at once, and one behind a new column, which cannot be NOT VALID.
func addingForeignKey(c *context) {
	for _, u := range foreignKeys(c) {
		if u.constraint.GetSkipValidation() {
			continue
		}
		ref := rangeName(u.constraint.GetPktable())
		k := u.constraint.GetConname()
		if k == "" {
			k = fmt.Sprintf("%s_%s_fkey", u.table.base, u.columns[0])
		}
		c.suggest(fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s NOT VALID;\n-- commit, then\nALTER TABLE %[1]s VALIDATE CONSTRAINT %[2]s;",
			u.table, quote(k), quoteAll(u.columns), ref), "the foreign key holds SHARE ROW EXCLUSIVE on %s and %s: nobody writes to either meanwhile", u.table, ref)
	}
}

// foreignKeyToHotTable reports any new foreign key that points to a hot table.
func foreignKeyToHotTable(c *context) {
	for _, u := range newConstraints(c.node()) {
		if ref := rangeName(u.constraint.GetPktable()); u.constraint.GetContype() == pg.ConstrType_CONSTR_FOREIGN && c.hot(ref) {
			c.report("the foreign key takes SHARE ROW EXCLUSIVE on %s, which is under constant writes", ref)
		}
	}
}

// hot reports whether the options name the table among the hot ones.
func (c *context) hot(n name) bool {
	return n.base != "" && c.hotKey(n.key())
}

// hotKey is hot for the key of a table.
func (c *context) hotKey(key string) bool {
	return slices.ContainsFunc(c.opts.HotTables, func(h string) bool { return strings.TrimPrefix(h, "public.") == key })
}

// createTableReferences reports CREATE TABLE and ADD COLUMN with REFERENCES to a table in use.
func createTableReferences(c *context) {
	for _, u := range newConstraints(c.node()) {
		ref := rangeName(u.constraint.GetPktable())
		if u.constraint.GetContype() == pg.ConstrType_CONSTR_FOREIGN && (u.created || u.def != nil) && c.existing(ref) && ref.key() != u.table.key() {
			c.report("REFERENCES takes SHARE ROW EXCLUSIVE on %s until the transaction ends", ref)
		}
	}
}

// constraintMissingNotValid reports a CHECK or foreign key of the table that is checked at once, and a VALIDATE under the lock of its ADD.
func constraintMissingNotValid(c *context) {
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_FOREIGN) {
		if u.def == nil && !u.constraint.GetSkipValidation() {
			c.report("without NOT VALID all rows of %s are read under the lock of the ADD", u.table)
		}
	}
	if a := validatesUnderLock(c); a != nil {
		c.report("all rows of %s are read while the lock that added %s is held", a.table, quote(a.cmd.GetName()))
	}
}

// addingCheckWithColumn reports a CHECK behind a new column, and a domain that brings one.
func addingCheckWithColumn(c *context) {
	for _, u := range c.addedColumns() {
		if d := c.schema.domains[typeKey(u.def.GetTypeName())]; d.checked {
			c.report("the domain of the new column %s has a constraint, which reads all rows of %s under ACCESS EXCLUSIVE", quote(u.name), u.table)
		}
	}
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_CHECK) {
		if u.def != nil {
			c.report("the CHECK on the new column %s reads all rows of %s under ACCESS EXCLUSIVE", quote(u.columns[0]), u.table)
		}
	}
}

// disallowedUnique reports UNIQUE that builds its own index.
func disallowedUnique(c *context) {
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_UNIQUE) {
		if u.constraint.GetIndexname() == "" {
			c.suggest(usingIndex(u, "UNIQUE", "key"), "the index of UNIQUE (%s) is built under ACCESS EXCLUSIVE on %s", quoteAll(u.columns), u.table)
		}
	}
}

// usingIndex is the way by an index that is built first.
func usingIndex(u constraintUse, kind, suffix string) string {
	k := u.constraint.GetConname()
	if k == "" {
		k = u.table.base + "_" + suffix
	}
	i := k + "_idx"
	return fmt.Sprintf("-- devtrail: no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS %s ON %s (%s);\n-- in a later file\nALTER TABLE %[2]s ADD CONSTRAINT %[4]s %[5]s USING INDEX %[1]s;",
		quote(i), u.table, quoteAll(u.columns), quote(k), kind)
}

// addingPrimaryKey reports PRIMARY KEY that builds its own index.
func addingPrimaryKey(c *context) {
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_PRIMARY) {
		if u.constraint.GetIndexname() == "" {
			c.suggest(usingIndex(u, "PRIMARY KEY", "pkey"), "the index of the primary key is built under ACCESS EXCLUSIVE on %s", u.table)
		}
	}
}

// primaryKeyOnNullable reports a primary key over columns that are not known to be NOT NULL. A column behind which the key stands is new,
// and an index of unknown columns decides nothing.
func primaryKeyOnNullable(c *context) {
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_PRIMARY) {
		columns := u.columns
		if i := c.schema.indexes[(name{u.table.schema, u.constraint.GetIndexname()}).key()]; i != nil {
			columns = i.columns
		}
		t := c.schema.table(u.table)
		for _, n := range columns {
			if u.def != nil || c.addsNotNull(u.table, n) {
				continue
			}
			if col := t.column(n); (col == nil || !col.notNull) && !t.provenNotNull(n) {
				c.report("the primary key sets %s of %s NOT NULL first, which reads all rows under ACCESS EXCLUSIVE", quote(n), u.table)
			}
		}
	}
}

// addsNotNull reports whether the statement itself adds the column as NOT NULL, or sets it so.
func (c *context) addsNotNull(table name, column string) bool {
	for _, a := range altersOf(c.stmt.node, pg.AlterTableType_AT_SetNotNull) {
		if a.table.key() == table.key() && a.cmd.GetName() == column {
			return true
		}
	}
	for _, u := range columnsOf(c.stmt.node) {
		if u.name == column && !u.retype {
			return true
		}
	}
	return false
}

// addingExclusion reports EXCLUDE.
func addingExclusion(c *context) {
	for _, u := range c.addedConstraints(pg.ConstrType_CONSTR_EXCLUSION) {
		c.report("EXCLUDE reads all rows of %s twice under ACCESS EXCLUSIVE", u.table)
	}
}
