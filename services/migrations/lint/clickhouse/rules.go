package clickhouse

import (
	"devtrail.dev/services/migrations/lint/rule"
)

// entry is a rule with the function that looks for it in one statement.
type entry struct {
	rule.Rule
	check func(*check)
}

// catalogue is all rules, by group.
func catalogue() []entry {
	var all []entry
	for _, group := range [][]entry{tableRules(), alterRules(), mutationRules(), viewRules(), clusterRules(), adviceRules(), destructiveRules(), statementRules()} {
		all = append(all, group...)
	}
	return all
}

// check is what a rule sees: one statement, in its file and its run, upon the schema that the statements before it leave.
type check struct {
	*statement
	schema *schema
	table  *table       // what the statement speaks of, nil when it is not known
	file   []*statement // the statement's file
	run    []*statement // all files that are judged
	opts   rule.Options
	// objects are what the finding that is being reported takes away, see rule.Finding.
	objects []string
	report  func(pos int, message, alternative string)
}

// defined is a column that a statement defines or changes.
type defined struct {
	column
	command *command // nil for CREATE TABLE
	old     *column  // what MODIFY COLUMN changes, nil when it is not known
}

// columns returns the columns that the statement defines, with the type that they have then.
func (c *check) columns() []defined {
	var list []defined
	if c.create != nil && (c.head == "CREATE TABLE" || c.head == "CREATE MATERIALIZED VIEW") {
		for _, col := range c.create.columns {
			list = append(list, defined{column: col})
		}
	}
	for _, cmd := range c.commands("ADD_COLUMN", "MODIFY_COLUMN") {
		list = append(list, defined{column: cmd.column, command: cmd, old: c.oldColumn(cmd)})
	}
	return list
}

// oldColumn returns the column that a MODIFY COLUMN changes.
func (c *check) oldColumn(cmd *command) *column {
	if cmd.kind != "MODIFY_COLUMN" {
		return nil
	}
	return c.table.column(cmd.name)
}

// commands returns the commands of an ALTER TABLE with these names.
func (c *check) commands(kinds ...string) []*command {
	if c.alter == nil {
		return nil
	}
	var list []*command
	for i := range c.alter.commands {
		cmd := &c.alter.commands[i]
		for _, kind := range kinds {
			if cmd.kind == kind {
				list = append(list, cmd)
			}
		}
	}
	return list
}

// makesTable reports whether the statement makes something that stores rows: a table, or a view with a table inside.
func (c *check) makesTable() bool {
	if c.create == nil {
		return false
	}
	return c.head == "CREATE TABLE" || (c.head == "CREATE MATERIALIZED VIEW" && c.create.to == nil)
}

// mergeTree returns the engine when the statement makes a table of the MergeTree family; a table without an engine is one.
func (c *check) mergeTree() (*engine, bool) {
	if !c.makesTable() || c.create.temporary {
		return nil, false
	}
	e := c.create.engine
	if e == nil && c.create.like == nil && c.create.body == nil {
		return &engine{name: "MergeTree", pos: c.pos()}, true
	}
	return e, e.isMergeTree()
}

// columnOf returns a column of the table that the statement makes or alters, as it is after the statement.
func (c *check) columnOf(name string) *column {
	if c.create != nil {
		for i := range c.create.columns {
			if c.create.columns[i].name == name {
				return &c.create.columns[i]
			}
		}
		if c.create.like != nil {
			return c.schema.find(*c.create.like).column(name)
		}
		return nil
	}
	for _, cmd := range c.commands("ADD_COLUMN", "MODIFY_COLUMN") {
		if cmd.name == name && cmd.column.typ.known() {
			return &cmd.column
		}
	}
	return c.table.column(name)
}

// typeOf returns the type of an expression when it is a column that is known.
func (c *check) typeOf(e expr) dataType {
	if name, ok := e.column(); ok {
		if col := c.columnOf(name); col != nil {
			return col.typ
		}
	}
	return dataType{}
}
