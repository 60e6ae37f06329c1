package postgres

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// validateInSameTransaction reports a VALIDATE under the lock of its ADD, and one beside commands that lock harder than it does.
func validateInSameTransaction(c *context) {
	if a := validatesUnderLock(c); a != nil {
		c.report("all rows of %s are read while the lock that added %s is held", a.table, quote(a.cmd.GetName()))
	}
	if a, lock := validatesBeside(c); a != nil {
		c.suggest(fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s; -- by itself, in a later file", a.table, quote(a.cmd.GetName())),
			"another command of the statement takes %s, under which all rows of %s are read", lock, a.table)
	}
}

// validatesUnderLock returns the VALIDATE of a constraint that the same transaction or statement added, nil when there is none.
func validatesUnderLock(c *context) *alterUse {
	for _, a := range c.alters(pg.AlterTableType_AT_ValidateConstraint) {
		for _, e := range append(c.file.earlier(c.stmt), c.stmt) {
			for _, add := range altersOf(e.node, pg.AlterTableType_AT_AddConstraint) {
				if add.table.key() == a.table.key() && addedName(add) == a.cmd.GetName() {
					return &a
				}
			}
		}
	}
	return nil
}

// addedName is the name of a constraint that an ALTER TABLE adds; that which Postgres gives it when the statement gives none.
func addedName(add alterUse) string {
	k := add.cmd.GetDef().GetConstraint()
	if k.GetConname() != "" {
		return k.GetConname()
	}
	return defaultName(&table{name: add.table}, &constraint{kind: k.GetContype(), columns: constraintColumns(k)})
}

// validatesBeside returns the VALIDATE of an ALTER TABLE of which another command takes a stronger lock, and that lock; nil when there is none.
// Postgres takes the strongest lock of all commands before it carries out the first.
func validatesBeside(c *context) (*alterUse, Lock) {
	if c.stmt.node.GetAlterTableStmt() == nil {
		return nil, NoLock
	}
	for _, a := range c.alters(pg.AlterTableType_AT_ValidateConstraint) {
		for _, e := range c.stmt.effects {
			if e.key == a.table.key() && e.Lock > ShareUpdateExclusive {
				return &a, e.Lock
			}
		}
	}
	return nil, NoLock
}
