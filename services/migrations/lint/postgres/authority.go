package postgres

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// authorityRules are the rules on types, functions, sequences, extensions, rights and replication: what the catalogue does not tie to tables.
func authorityRules() []check {
	const unused = "prove that nothing uses it: pg_depend does not see the bodies of functions"
	return []check{
		{rule.Rule{
			Name: "require-enum-value-ordering", Severity: rule.Warning,
			Reason:      "without BEFORE or AFTER the value sorts last, and the order of an enum cannot be changed later",
			Alternative: "ALTER TYPE e ADD VALUE 'new' AFTER 'old';",
		}, func(c *context) {
			if e := c.node().GetAlterEnumStmt(); e.GetNewVal() != "" && e.GetOldVal() == "" && e.GetNewValNeighbor() == "" {
				c.report("'%s' sorts behind all others, and the order cannot be changed later", e.GetNewVal())
			}
		}, nil},
		{rule.Rule{
			Name: "enum-value-used-in-same-transaction", Severity: rule.Error,
			Reason:      "a new enum value cannot be used before the transaction that adds it commits (55P04)",
			Alternative: "ALTER TYPE ... ADD VALUE in a file of its own",
		}, newValueUsed, nil},
		{rule.Rule{
			Name: "creating-enum", Severity: rule.Info,
			Reason:      "values of an enum cannot be removed, and adding one is a change of the schema",
			Alternative: "a table of the values with a foreign key, or text with a CHECK",
		}, func(c *context) {
			if e := c.node().GetCreateEnumStmt(); e != nil {
				c.report("values of %s cannot be removed later", listName(texts(e.GetTypeName())))
			}
		}, nil},
		{
			rule.Rule{Name: "drop-type", Severity: rule.Gate, Alternative: unused, Reason: "columns, functions and the previous build may use the type"},
			func(c *context) {
				dropWhat("the type", pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN)(c)
				reshapedType(c)
			}, nil,
		},
		{
			rule.Rule{Name: "drop-function", Severity: rule.Gate, Alternative: unused, Reason: "other functions and the previous build may call the function"},
			dropWhat("the function", pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE, pg.ObjectType_OBJECT_AGGREGATE), nil,
		},
		{
			rule.Rule{Name: "drop-sequence", Severity: rule.Gate, Alternative: unused, Reason: "the number that the sequence has reached is gone, or who asks for it by its name fails"},
			dropWhat("the sequence", pg.ObjectType_OBJECT_SEQUENCE), nil,
		},
		{
			rule.Rule{Name: "drop-extension", Severity: rule.Gate, Alternative: unused, Reason: "types, operators and functions of the extension are gone with it"},
			dropWhat("the extension", pg.ObjectType_OBJECT_EXTENSION), nil,
		},
		{rule.Rule{
			Name: "extension-version-upgrade", Severity: rule.Warning,
			Reason:      "the scripts of the extension decide what is locked and rewritten",
			Alternative: "try it on a copy, alone in a file",
		}, func(c *context) {
			if e := c.node().GetAlterExtensionStmt(); e != nil {
				c.report("the scripts of %s decide what is locked and rewritten", quote(e.GetExtname()))
			}
		}, nil},
		{rule.Rule{
			Name: "authz-change", Severity: rule.Warning,
			Reason:      "a change of rights shows at once in every session, and policies take ACCESS EXCLUSIVE",
			Alternative: "alone in a file, consumers first",
		}, authzChange, nil},
		{rule.Rule{
			Name: "replica-identity-change", Severity: rule.Warning,
			Reason:      "consumers of logical replication see other keys, or none, from the next change on",
			Alternative: "alone in a file, consumers first",
		}, func(c *context) {
			for _, a := range c.alters(pg.AlterTableType_AT_ReplicaIdentity) {
				c.report("consumers of logical replication see other keys of %s from now on", a.table)
			}
		}, nil},
	}
}

// dropWhat returns the rule on DROP of these kinds, and on a new name or schema, which takes the old name away. A type that the file makes is
// used by nobody.
func dropWhat(what string, kinds ...pg.ObjectType) func(*context) {
	return func(c *context) {
		list := slices.DeleteFunc(append(c.drops(kinds...), c.moved(kinds...)...), func(n name) bool { return c.schema.created[n.key()] == createdType })
		if len(list) > 0 {
			c.report("whatever still uses %s %s fails, and the catalogue does not see all uses", what, listNames(list))
		}
	}
}

// reshapedType reports a composite type whose attributes change: who writes or reads a value of it in the old shape fails.
func reshapedType(c *context) {
	var on *pg.RangeVar
	if a := c.node().GetAlterTableStmt(); a.GetObjtype() == pg.ObjectType_OBJECT_TYPE {
		on = a.GetRelation()
	}
	if r := c.renames(pg.ObjectType_OBJECT_ATTRIBUTE); r != nil {
		on = r.GetRelation()
	}
	if n := rangeName(on); on != nil && c.schema.created[n.key()] != createdType {
		c.suggest("make a type of the new shape beside it, and a column of that type", "values of %s have another shape from now on, and whatever writes or reads the old one fails", n)
	}
}

// moved returns the name that RENAME or SET SCHEMA takes from an object of one of these kinds.
func (c *context) moved(kinds ...pg.ObjectType) []name {
	object, relation := c.renames(kinds...).GetObject(), c.renames(kinds...).GetRelation()
	if m := c.node().GetAlterObjectSchemaStmt(); m != nil && slices.Contains(kinds, m.GetObjectType()) {
		object, relation = m.GetObject(), m.GetRelation()
	}
	switch {
	case object != nil:
		return []name{objectName(object)}
	case relation != nil:
		return []name{rangeName(relation)}
	default:
		return nil
	}
}

// newValueUsed reports an enum value in a string of a later statement of the transaction that adds it. A type made in the same
// transaction is free of the rule.
func newValueUsed(c *context) {
	if !c.stmt.inside || c.node().GetAlterEnumStmt() != nil || c.node().GetCommentStmt() != nil {
		return
	}
	list := c.stmt.tokens
	if d := c.node().GetDoStmt(); d != nil {
		list = tokens(bodyOf(d))
	}
	for _, t := range list {
		if t.kind != stringToken || len(t.text) < 2 {
			continue
		}
		if typ, added := c.schema.newValues[t.text[1:len(t.text)-1]]; added && c.schema.created[typ] != createdType {
			c.report("%s was added to %s in this transaction and cannot be used before it commits", t.text, typ)
		}
	}
}

// authzChange reports rights, roles, policies and row security.
func authzChange(c *context) {
	n := c.node()
	drop := len(c.drops(pg.ObjectType_OBJECT_POLICY)) > 0
	rights := n.GetGrantStmt() != nil || n.GetGrantRoleStmt() != nil || n.GetAlterDefaultPrivilegesStmt() != nil
	roles := n.GetCreateRoleStmt() != nil || n.GetAlterRoleStmt() != nil || n.GetDropRoleStmt() != nil
	policy := n.GetCreatePolicyStmt() != nil || n.GetAlterPolicyStmt() != nil
	security := c.alters(pg.AlterTableType_AT_EnableRowSecurity, pg.AlterTableType_AT_DisableRowSecurity,
		pg.AlterTableType_AT_ForceRowSecurity, pg.AlterTableType_AT_NoForceRowSecurity)
	if drop || rights || roles || policy || len(security) > 0 {
		c.report("the change of rights shows at once in every session")
	}
}
