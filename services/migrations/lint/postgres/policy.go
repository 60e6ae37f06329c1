package postgres

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// policyRules are choices of a team, off by default.
func policyRules() []check {
	one := func(name, reason, alternative string, judge func(*context)) check {
		return check{rule.Rule{Name: name, Severity: rule.Policy, Reason: reason, Alternative: alternative}, judge, nil}
	}
	return []check{
		one("on-delete-cascade", "ON DELETE CASCADE deletes rows that no statement names", "ON DELETE RESTRICT, and deletes by the application", onDeleteCascade),
		one("ban-foreign-key", "foreign keys lock rows of the referenced table on every write", "the application keeps the reference", banForeignKey),
		one("drop-table-needs-marker-name", "a table that is dropped is renamed to a name that ends in _del or _delete first", "ALTER TABLE t RENAME TO t_del;", dropWithoutMarker),
		one("column-no-null", "columns bear no NULL", "NOT NULL DEFAULT constant", columnNoNull),
		one("adding-any-default", "a column is added bare, and its default set later", "ALTER TABLE t ADD COLUMN c type; ALTER TABLE t ALTER c SET DEFAULT v;", addingAnyDefault),
		one("object-owner-check", "objects belong to the owner of the database", "leave the owner as it is", changesOwner),
		one("naming", "names are lower case words joined by underscores, so that nobody has to quote them", "snake_case", naming),
		one("require-table-schema", "a table without schema goes where search_path points", "schema.table", requireTableSchema),
		one("primary-key-type-allowlist", "primary keys are integers or uuids", "bigint GENERATED ALWAYS AS IDENTITY", primaryKeyOf("int2", "int4", "int8", "smallserial", "serial", "bigserial", "uuid")),
		one("require-uuid-or-bigint-primary-key", "primary keys are uuids or bigints", "uuid or bigint", primaryKeyOf("int8", "bigserial", "uuid")),
	}
}

// newForeignKeys returns all foreign keys that the statement makes.
func newForeignKeys(c *context) []constraintUse {
	return slices.DeleteFunc(newConstraints(c.node()), func(u constraintUse) bool { return u.constraint.GetContype() != pg.ConstrType_CONSTR_FOREIGN })
}

func onDeleteCascade(c *context) {
	for _, u := range newForeignKeys(c) {
		if u.constraint.GetFkDelAction() == "c" {
			c.report("a delete in %s deletes rows of %s", rangeName(u.constraint.GetPktable()), u.table)
		}
	}
}

func banForeignKey(c *context) {
	for _, u := range newForeignKeys(c) {
		c.report("%s points to %s by a foreign key", u.table, rangeName(u.constraint.GetPktable()))
	}
}

func dropWithoutMarker(c *context) {
	for _, n := range c.drops(pg.ObjectType_OBJECT_TABLE) {
		if !strings.HasSuffix(n.base, "_del") && !strings.HasSuffix(n.base, "_delete") {
			c.report("the name of %s does not say that it is to be dropped", n)
		}
	}
}

// columnNoNull reports columns that bear NULL, and those that get to.
func columnNoNull(c *context) {
	var keys []string
	for _, u := range newConstraints(c.stmt.node) {
		if u.constraint.GetContype() == pg.ConstrType_CONSTR_PRIMARY {
			keys = append(keys, u.columns...)
		}
	}
	for _, u := range columnsOf(c.node()) {
		strict := hasConstraint(u.def, pg.ConstrType_CONSTR_NOTNULL) || hasConstraint(u.def, pg.ConstrType_CONSTR_IDENTITY) || typeOf(u.def.GetTypeName()).isSerial()
		if !u.retype && !strict && !slices.Contains(keys, u.name) {
			c.report("%s of %s bears NULL", quote(u.name), u.table)
		}
	}
	for _, a := range altersOf(c.node(), pg.AlterTableType_AT_DropNotNull) {
		c.report("%s of %s bears NULL from now on", quote(a.cmd.GetName()), a.table)
	}
}

func addingAnyDefault(c *context) {
	for _, u := range c.addedColumns() {
		if hasConstraint(u.def, pg.ConstrType_CONSTR_DEFAULT) {
			c.report("%s of %s is added with a default", quote(u.name), u.table)
		}
	}
}

func changesOwner(c *context) {
	if c.node().GetAlterOwnerStmt() != nil || c.node().GetCreateSchemaStmt().GetAuthrole() != nil || changesOwnerOf(c.node()) {
		c.report("the object gets another owner than that of the database")
	}
}

// changesOwnerOf reports OWNER TO among the commands of an ALTER of a table, view, sequence or index.
func changesOwnerOf(n *pg.Node) bool {
	return slices.ContainsFunc(n.GetAlterTableStmt().GetCmds(), func(c *pg.Node) bool {
		return c.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_ChangeOwner
	})
}

// naming reports new names that need quotes.
func naming(c *context) {
	names := []string{c.node().GetRenameStmt().GetNewname(), c.node().GetIndexStmt().GetIdxname()}
	if t := tableDefinition(c.node()); t != nil {
		names = append(names, t.GetRelation().GetRelname())
	}
	for _, u := range columnsOf(c.node()) {
		if !u.retype {
			names = append(names, u.name)
		}
	}
	for _, u := range newConstraints(c.node()) {
		names = append(names, u.constraint.GetConname())
	}
	for _, n := range names {
		if n != "" && !plain.MatchString(n) {
			c.report("the name %s needs quotes wherever it stands", quote(n))
		}
	}
}

// requireTableSchema reports CREATE, ALTER and DROP TABLE without a schema. Temporary tables have none.
func requireTableSchema(c *context) {
	n := c.node()
	list := c.drops(pg.ObjectType_OBJECT_TABLE)
	if t := tableDefinition(n); t != nil && t.GetRelation().GetRelpersistence() != "t" {
		list = append(list, rangeName(t.GetRelation()))
	}
	if t := n.GetCreateTableAsStmt(); t != nil && t.GetObjtype() == pg.ObjectType_OBJECT_TABLE && t.GetInto().GetRel().GetRelpersistence() != "t" {
		list = append(list, rangeName(t.GetInto().GetRel()))
	}
	if a := n.GetAlterTableStmt(); a.GetObjtype() == pg.ObjectType_OBJECT_TABLE {
		list = append(list, rangeName(a.GetRelation()))
	}
	for _, table := range list {
		if table.schema == "" {
			if t := c.schema.table(table); t == nil || !t.temporary {
				c.report("%s goes where search_path points", table)
			}
		}
	}
}

// primaryKeyOf returns the rule that a new primary key has one of these types.
func primaryKeyOf(types ...string) func(*context) {
	return func(c *context) {
		for _, u := range newConstraints(c.node()) {
			if u.constraint.GetContype() != pg.ConstrType_CONSTR_PRIMARY {
				continue
			}
			for _, column := range u.columns {
				if d, ok := c.typeIn(u.table, column); ok && (d.array || !slices.Contains(types, d.name)) {
					c.report("the primary key %s of %s is %s", quote(column), u.table, d.name)
				}
			}
		}
	}
}

// typeIn returns the type of a column, new in the statement or known before it.
func (c *context) typeIn(table name, column string) (dataType, bool) {
	for _, u := range columnsOf(c.node()) {
		if u.name == column && u.table.key() == table.key() {
			return typeOf(u.def.GetTypeName()), true
		}
	}
	if col := c.schema.table(table).column(column); col != nil && col.typ.name != "" {
		return col.typ, true
	}
	return dataType{}, false
}
