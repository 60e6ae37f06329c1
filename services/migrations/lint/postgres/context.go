package postgres

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// check is one entry of the catalogue: the rule and the function that judges. judge is asked about every statement, on the schema before it;
// finish once, on the schema behind the file.
type check struct {
	rule.Rule
	judge  func(*context)
	finish func(*context)
}

// context is what a rule sees: the statement, its file, the schema and the options. A rule reports and changes nothing.
type context struct {
	schema  *schema
	opts    rule.Options
	version float64
	file    *file
	stmt    *statement
	part    *pg.Node // the command of the statement that is judged, see parts
	rule    rule.Rule
	objects []string // of the finding that is being reported
	found   []rule.Finding
	changed bool // a statement before this one changed the schema, so the server does not know what this one stands upon
}

// on reports whether the check is switched on.
func (c *context) on(k check) bool {
	return k.Severity != rule.Policy || c.opts.Policy(k.Name)
}

// report adds a finding on the statement with the rule's own alternative.
func (c *context) report(format string, args ...any) {
	c.suggest(c.rule.Alternative, format, args...)
}

// reportOf adds a finding on the statement that takes an object away: a column of a table, or all of it ("*").
func (c *context) reportOf(table name, column, format string, args ...any) {
	c.objects = object(table, column)
	c.report(format, args...)
	c.objects = nil
}

// object names what is taken away as the header of a contract file does, whose names need no quotes; nil when it cannot.
func object(table name, column string) []string {
	if !plain.MatchString(table.base) || (column != "*" && !plain.MatchString(column)) {
		return nil
	}
	return []string{table.base + "." + column}
}

// suggest adds a finding on the statement with an alternative of its own. One statement is reported once by a rule.
func (c *context) suggest(alternative, format string, args ...any) {
	c.reportAt(c.stmt, alternative, fmt.Sprintf(format, args...))
}

// reportAt adds a finding on a statement of the file.
func (c *context) reportAt(st *statement, alternative, message string) {
	for i, f := range c.found {
		if f.Rule == c.rule.Name && f.Statement == st.index {
			c.found[i].Objects = append(f.Objects, c.objects...)
			return
		}
	}
	c.found = append(c.found, rule.Finding{
		File: c.file.name, Rule: c.rule.Name, Severity: c.rule.Severity, Line: st.line, Column: st.column, Statement: st.index,
		Message: message, Alternative: alternative, Lock: st.lock().String(),
		Objects: slices.Clone(c.objects),
	})
}

// lock is the strongest lock that the statement takes on a table that was there before the file.
func (s *statement) lock() Lock {
	strongest := NoLock
	for _, e := range s.effects {
		if !e.New {
			strongest = max(strongest, e.Lock)
		}
	}
	return strongest
}

// node is the tree of what is judged: the statement, or one command of an ALTER TABLE with several. It is nil, which every accessor bears, when
// the grammar refuses the statement.
func (c *context) node() *pg.Node { return c.part }

// existing reports whether the table was there before the file, so that others use it.
func (c *context) existing(n name) bool {
	t := c.schema.table(n)
	return !c.schema.fresh(n) && (t == nil || !t.temporary)
}

// alters returns the commands of an ALTER TABLE on a table that was there before the file.
func (c *context) alters(kinds ...pg.AlterTableType) []alterUse {
	return slices.DeleteFunc(altersOf(c.node(), kinds...), func(a alterUse) bool { return !c.existing(a.table) })
}

// addedColumns returns the columns that the statement adds to a table that was there before the file.
func (c *context) addedColumns() []columnUse {
	return slices.DeleteFunc(columnsOf(c.node()), func(u columnUse) bool { return u.created || u.retype || !c.existing(u.table) })
}

// addedConstraints returns the constraints that the statement adds to a table that was there before the file.
func (c *context) addedConstraints(kinds ...pg.ConstrType) []constraintUse {
	return slices.DeleteFunc(newConstraints(c.node()), func(u constraintUse) bool {
		return u.created || !c.existing(u.table) || !slices.Contains(kinds, u.constraint.GetContype())
	})
}

// drops returns the names that a DROP of one of these kinds removes.
func (c *context) drops(kinds ...pg.ObjectType) []name {
	d := c.node().GetDropStmt()
	if d == nil || !slices.Contains(kinds, d.GetRemoveType()) {
		return nil
	}
	var list []name
	for _, o := range d.GetObjects() {
		list = append(list, objectName(o))
	}
	return list
}

// renames reports whether the statement renames something of this kind, with the old name.
func (c *context) renames(kinds ...pg.ObjectType) *pg.RenameStmt {
	if r := c.node().GetRenameStmt(); r != nil && slices.Contains(kinds, r.GetRenameType()) {
		return r
	}
	return nil
}

// next returns the statement behind this one, nil at the end.
func (c *context) next() *statement {
	if c.stmt.index+1 < len(c.file.statements) {
		return c.file.statements[c.stmt.index+1]
	}
	return nil
}

// apply changes the schema by what is judged. What the grammar refuses leaves its table known in part.
func (c *context) apply() {
	if c.part != nil {
		c.schema.apply(c.part)
		return
	}
	n, head := target(c.stmt.tokens)
	if n.base == "" {
		return
	}
	if head == "CREATE" {
		c.schema.created[n.key()] = createdTable
	}
	c.schema.touch(n).known = false
}

// listNames returns names as SQL.
func listNames(list []name) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.String()
	}
	return strings.Join(out, ", ")
}
