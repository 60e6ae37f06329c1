package clickhouse

import (
	"maps"
	"slices"
	"strings"
)

// sides are a Distributed table and its local table.
type sides struct{ distributed, local object }

// pairs returns the pairs of the options and those that the schema knows.
func (c *check) pairs() []sides {
	var list []sides
	for _, distributed := range slices.Sorted(maps.Keys(c.opts.Pairs)) {
		list = append(list, sides{named(distributed), named(c.opts.Pairs[distributed])})
	}
	for _, t := range c.schema.tables {
		if t.local != nil && !slices.ContainsFunc(list, func(s sides) bool { return s.distributed.same(t.object) }) {
			list = append(list, sides{t.object, *t.local})
		}
	}
	return list
}

// named reads a name with or without a database.
func named(text string) object {
	if database, name, ok := strings.Cut(text, "."); ok {
		return object{database: database, name: name}
	}
	return object{name: text}
}

// twin says which table of a pair the statement alters and which is the other.
func (c *check) twin() (other object, local, ok bool) {
	if c.alter == nil {
		return object{}, false, false
	}
	for _, s := range c.pairs() {
		switch {
		case s.local.same(c.object):
			return s.distributed, true, true
		case s.distributed.same(c.object):
			return s.local, false, true
		}
	}
	return object{}, false, false
}

// shared are the commands that both tables of a pair need. A codec or a comment is the local table's own.
func (c *check) shared() []*command {
	return slices.DeleteFunc(c.commands("ADD_COLUMN", "DROP_COLUMN", "RENAME_COLUMN", "MODIFY_COLUMN"), func(cmd *command) bool {
		return cmd.clear || cmd.kind == "MODIFY_COLUMN" && !cmd.column.typ.known()
	})
}

// partner finds the same command on the other table in the run, and whether it comes before this statement.
func (c *check) partner(other object, cmd *command) (before, found bool) {
	before = true
	for _, st := range c.run {
		if st == c.statement {
			before = false
			continue
		}
		if st.alter == nil || !st.object.same(other) {
			continue
		}
		for _, its := range st.alter.commands {
			if its.kind == cmd.kind && its.name == cmd.name {
				return before, true
			}
		}
	}
	return false, false
}

// pairIncomplete finds changes of one table of a pair that the other does not get. A Distributed table that the run makes anew has the column already.
func pairIncomplete(c *check) {
	other, local, ok := c.twin()
	if !ok || c.replaced(other) {
		return
	}
	for _, cmd := range c.shared() {
		if _, found := c.partner(other, cmd); !found {
			role := "its local table"
			if local {
				role = "its Distributed table"
			}
			c.report(cmd.pos, strings.ReplaceAll(cmd.kind, "_", " ")+" "+cmd.name+" on "+c.object.String()+" is not done on "+role+" "+other.String(), "")
		}
	}
}

// replaced reports whether the run makes the table after this statement.
func (c *check) replaced(o object) bool {
	return slices.ContainsFunc(c.run, func(st *statement) bool {
		return st.create != nil && strings.HasPrefix(st.head, "CREATE TABLE") && st.object.same(o) && st.create.orReplace
	})
}

// pairOrder finds pairs changed in the wrong order: an ADD goes to the local table first, a DROP to the Distributed one.
func pairOrder(c *check) {
	other, local, ok := c.twin()
	if !ok {
		return
	}
	for _, cmd := range c.shared() {
		before, found := c.partner(other, cmd)
		if !found || !before {
			continue
		}
		switch {
		case cmd.kind == "ADD_COLUMN" && local:
			c.report(cmd.pos, "the column "+cmd.name+" is added to "+other.String()+" before "+c.object.String()+" has it", "")
		case cmd.kind == "DROP_COLUMN" && !local:
			c.report(cmd.pos, "the column "+cmd.name+" is dropped from "+other.String()+" while "+c.object.String()+" still has it", "")
		}
	}
}
