package clickhouse

import (
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// viewRules judge materialized views, which ClickHouse lets break in silence.
func viewRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-alter-column-used-by-mv", Severity: rule.Error,
			Reason:      "a materialized view uses the column: a drop is refused (code 524), after a rename every INSERT fails (code 47) with the part written",
			Alternative: "DROP VIEW IF EXISTS mv SYNC; ALTER TABLE t ...; CREATE MATERIALIZED VIEW IF NOT EXISTS mv TO dst AS SELECT ...",
		}, columnUsedByView},
		{rule.Rule{
			Name: "ch-drop-mv-target", Severity: rule.Error,
			Reason:      "the server lets the target of a materialized view be dropped, then every INSERT into the source fails (code 60)",
			Alternative: "DROP VIEW IF EXISTS mv SYNC first, then DROP TABLE IF EXISTS target SYNC",
		}, dropViewTarget},
		{rule.Rule{
			Name: "ch-mv-populate", Severity: rule.Error,
			Reason:      "rows inserted while POPULATE runs are lost",
			Alternative: "CREATE MATERIALIZED VIEW IF NOT EXISTS mv TO dst AS SELECT ..., then INSERT INTO dst SELECT ... by partition",
		}, viewPopulate},
		{rule.Rule{
			Name: "ch-mv-without-to", Severity: rule.Warning,
			Reason:      "the rows live in a hidden .inner table that goes with the view",
			Alternative: "CREATE TABLE IF NOT EXISTS dst ...; CREATE MATERIALIZED VIEW IF NOT EXISTS mv TO dst AS SELECT ...",
		}, viewWithoutTo},
		{rule.Rule{
			Name: "ch-mv-select-star", Severity: rule.Warning,
			Reason:      "a star changes its meaning when the source gets a column, and unmatched columns are an error (code 8) or lost",
			Alternative: "CREATE MATERIALIZED VIEW IF NOT EXISTS mv TO dst AS SELECT a, b FROM t",
		}, viewSelectStar},
		{rule.Rule{
			Name: "ch-mv-unaliased-column", Severity: rule.Warning,
			Reason:      "columns go to the target by name, and an expression without alias has a name that no target has (code 8, or lost)",
			Alternative: "CREATE MATERIALIZED VIEW IF NOT EXISTS mv TO dst AS SELECT k, count() AS c FROM t GROUP BY k",
		}, viewUnaliased},
	}
}

// columnUsedByView finds changes of columns that a materialized view reads, or writes to in its target.
func columnUsedByView(c *check) {
	for _, cmd := range c.commands("DROP_COLUMN", "RENAME_COLUMN", "MODIFY_COLUMN") {
		if cmd.clear {
			continue
		}
		if cmd.kind == "MODIFY_COLUMN" {
			old := c.table.column(cmd.name)
			if !cmd.column.typ.known() || old != nil && old.typ.String() == cmd.column.typ.String() {
				continue
			}
		}
		for _, view := range c.schema.readers(c.object) {
			if view.query.star || view.query.tokens.uses(cmd.name) {
				c.report(cmd.pos, "the materialized view "+view.String()+" reads "+cmd.name+" of "+c.object.String(), "")
			}
		}
		if cmd.kind == "MODIFY_COLUMN" {
			continue
		}
		for _, view := range c.schema.writers(c.object) {
			if view.query.gives(cmd.name) {
				c.report(cmd.pos, "the materialized view "+view.String()+" writes "+cmd.name+" of "+c.object.String(), "")
			}
		}
	}
}

// gives reports whether a query has an output of this name.
func (q *query) gives(name string) bool {
	if q == nil {
		return false
	}
	for _, out := range q.outputs {
		if out.name == name {
			return true
		}
	}
	return false
}

// dropViewTarget finds DROP of a table that a live materialized view writes to.
func dropViewTarget(c *check) {
	if !strings.HasPrefix(c.head, "DROP TABLE") && !strings.HasPrefix(c.head, "DETACH TABLE") {
		return
	}
	for _, o := range c.drops {
		for _, view := range c.schema.writers(o) {
			if !dropsToo(c.drops, view.object) {
				c.report(c.pos(), "the materialized view "+view.String()+" writes to "+o.String(), "DROP VIEW IF EXISTS "+view.String()+" SYNC; DROP TABLE IF EXISTS "+o.String()+" SYNC")
			}
		}
	}
}

func dropsToo(list []object, o object) bool {
	for _, other := range list {
		if other.same(o) {
			return true
		}
	}
	return false
}

// viewPopulate finds POPULATE.
func viewPopulate(c *check) {
	if c.head == "CREATE MATERIALIZED VIEW" && c.create != nil && c.create.populate {
		c.report(c.pos(), "rows inserted while "+c.object.String()+" is populated are lost", "")
	}
}

// viewWithoutTo finds materialized views that keep their rows in a table of their own.
func viewWithoutTo(c *check) {
	if c.head == "CREATE MATERIALIZED VIEW" && c.create != nil && c.create.to == nil {
		c.report(c.pos(), c.object.String()+" keeps its rows in a hidden table", "")
	}
}

// viewQuery returns the query that a materialized view gets.
func (c *check) viewQuery() (*query, int) {
	if c.head == "CREATE MATERIALIZED VIEW" && c.create != nil && c.create.query != nil {
		return c.create.query, c.pos()
	}
	for _, cmd := range c.commands("MODIFY_QUERY") {
		q := readQuery(cmd.expr)
		return &q, cmd.pos
	}
	return nil, 0
}

// viewSelectStar finds a star among the outputs of a materialized view.
func viewSelectStar(c *check) {
	if q, pos := c.viewQuery(); q != nil && q.star {
		c.report(pos, "the materialized view "+c.object.String()+" selects whatever columns its source has", "")
	}
}

// viewUnaliased finds outputs of a materialized view that are expressions without a name.
func viewUnaliased(c *check) {
	q, _ := c.viewQuery()
	if q == nil {
		return
	}
	for _, out := range q.outputs {
		if out.name == "" && !isStar(out.value) {
			c.report(out.value[0].pos, "the output "+quote(join(out.value))+" of the materialized view "+c.object.String()+" has no alias", "")
		}
	}
}
