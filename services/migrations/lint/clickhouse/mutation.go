package clickhouse

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// mutationRules judge changes of rows.
func mutationRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-heavy-mutation", Severity: rule.Warning,
			Reason:      "a mutation rewrites parts in the background, in order with all others, and cannot be rolled back",
			Alternative: "a heavy step: ALTER TABLE t UPDATE ... IN PARTITION x WHERE ... SETTINGS mutations_sync = 0, partition by partition",
		}, heavyMutation},
		{rule.Rule{
			Name: "ch-unbounded-mutation", Severity: rule.Error,
			Reason:      "a mutation that names no partition goes over every part of the table",
			Alternative: "ALTER TABLE t UPDATE ... IN PARTITION x WHERE ..., partition by partition",
		}, unboundedMutation},
		{rule.Rule{
			Name: "ch-lightweight-delete-in-migration", Severity: rule.Warning,
			Reason:      "a lightweight DELETE is a mutation of _row_exists that waits for every replica, and a lightweight UPDATE needs a block number column (code 48)",
			Alternative: "ALTER TABLE t DROP PARTITION x, or ALTER TABLE t DELETE IN PARTITION x WHERE ... as a heavy step",
		}, lightweightDelete},
		{rule.Rule{
			Name: "ch-mixed-metadata-and-mutation", Severity: rule.Warning,
			Reason:      "one ALTER that changes columns and rows is refused by Replicated databases and cannot be resumed halfway",
			Alternative: "two statements: ALTER TABLE t ADD COLUMN ..., then ALTER TABLE t UPDATE ...",
		}, mixedMutation},
		{rule.Rule{
			Name: "ch-optimize-final", Severity: rule.Error,
			Reason:      "OPTIMIZE FINAL merges everything into one part for each partition, whatever it costs",
			Alternative: "let merges run; read with FINAL or argMax where the newest row is wanted",
		}, optimizeFinal},
		{rule.Rule{
			Name: "ch-unbounded-insert-select", Severity: rule.Warning,
			Reason:      "INSERT SELECT is not atomic across blocks, so one that breaks off cannot be repeated",
			Alternative: "INSERT INTO dst SELECT a, b FROM t WHERE toYYYYMM(ts) = 202401, partition by partition",
		}, unboundedInsertSelect},
	}
}

// mutating are the commands that rewrite rows.
var mutating = []string{
	"UPDATE", "DELETE", "MATERIALIZE_COLUMN", "MATERIALIZE_INDEX", "MATERIALIZE_PROJECTION", "MATERIALIZE_TTL", "MATERIALIZE_STATISTICS", "APPLY_DELETED_MASK", "APPLY_PATCHES",
	"REWRITE_PARTS",
}

// placed is a change of rows and where it stands.
type placed struct {
	mutation
	pos int
}

// changes returns the UPDATEs and DELETEs of a statement.
func (c *check) changes() []placed {
	var list []placed
	for _, cmd := range c.commands("UPDATE", "DELETE") {
		list = append(list, placed{cmd.change, cmd.pos})
	}
	if c.mutate != nil {
		list = append(list, placed{*c.mutate, c.pos()})
	}
	return list
}

// heavyMutation finds commands that rewrite rows.
func heavyMutation(c *check) {
	for _, cmd := range c.commands(mutating...) {
		c.report(cmd.pos, strings.ReplaceAll(cmd.kind, "_", " ")+" on "+c.object.String()+" is a mutation over its parts", "")
	}
}

// unboundedMutation finds UPDATE and DELETE that name no partition. When the table is known, a condition on its partition or sorting key
// bounds them too, and a table without partitions has nothing to name.
func unboundedMutation(c *check) {
	for _, change := range c.changes() {
		pos := change.pos
		switch {
		case change.partition:
		case change.where.always():
			c.report(pos, "the change of "+c.object.String()+" is for all rows of all parts", "")
		case c.mutate != nil: // lightweight, judged by a rule of its own
		case c.table == nil || c.table.partition != nil && !c.bounded(change.where):
			c.report(pos, "the change of "+c.object.String()+" names no partition, so it goes over every part", "")
		}
	}
}

// bounded reports whether a condition speaks of the partition key or the first column of the sorting key.
func (c *check) bounded(where expr) bool {
	if where.uses("_partition_id") || where.uses("_partition_value") || where.uses("_part") {
		return true
	}
	keys := c.table.partition.names()
	if sorting := c.table.sorting(); len(sorting) > 0 {
		keys = append(keys, sorting[0].names()...)
	}
	return slices.ContainsFunc(keys, where.uses)
}

// lightweightDelete finds DELETE FROM and UPDATE ... SET.
func lightweightDelete(c *check) {
	switch {
	case c.mutate == nil:
	case c.head == "DELETE":
		c.report(c.pos(), "DELETE FROM "+c.object.String()+" is a mutation that the statement waits for", "")
	default:
		c.report(c.pos(), "UPDATE "+c.object.String()+" is a lightweight update, which a table without block numbers refuses", "")
	}
}

// mixedMutation finds an ALTER with commands of both kinds.
func mixedMutation(c *check) {
	if c.alter == nil {
		return
	}
	rows, metadata := false, false
	for _, cmd := range c.alter.commands {
		switch {
		case slices.Contains(mutating, cmd.kind):
			rows = true
		case strings.HasPrefix(cmd.kind, "ADD_") || strings.HasPrefix(cmd.kind, "MODIFY_") || strings.HasPrefix(cmd.kind, "DROP_") && !strings.HasSuffix(cmd.kind, "PARTITION") ||
			strings.HasPrefix(cmd.kind, "RENAME_"):
			metadata = true
		}
	}
	if rows && metadata {
		c.report(c.pos(), "one ALTER of "+c.object.String()+" changes its columns and its rows", "")
	}
}

// optimizeFinal finds OPTIMIZE ... FINAL.
func optimizeFinal(c *check) {
	if c.head == "OPTIMIZE FINAL" {
		c.report(c.pos(), "OPTIMIZE FINAL rewrites "+c.object.String(), "")
	}
}

// oneBlock is how many rows one block of an insert has at most; a block is stored as a whole or not at all.
const oneBlock = 1048449

// unboundedInsertSelect finds INSERT SELECT from a table without a condition on its partitions.
func unboundedInsertSelect(c *check) {
	if c.insert == nil || c.insert.query == nil {
		return
	}
	q := c.insert.query
	bounded := q.limit > 0 && q.limit <= oneBlock
	reads := false
	for _, o := range q.sources {
		if o.database == "system" || o.database == "INFORMATION_SCHEMA" || o.database == "information_schema" {
			continue
		}
		reads = true
		bounded = bounded || c.boundsPartition(q.where, c.schema.find(o))
	}
	for _, call := range q.calls {
		if !slices.Contains([]string{"numbers", "numbers_mt", "zeros", "zeros_mt", "values", "view", "generaterandom", "generate_series", "format", "null", "input"}, call) {
			reads = true
			bounded = bounded || c.boundsPartition(q.where, nil)
		}
	}
	if reads && !bounded {
		c.report(c.pos(), "the rows for "+c.object.String()+" come from more than one partition", "")
	}
}

// boundsPartition reports whether a condition chooses partitions: by what the schema knows, else by functions and names of times.
func (c *check) boundsPartition(where expr, source *table) bool {
	if where.uses("_partition_id") || where.uses("_partition_value") {
		return true
	}
	if source != nil && source.partition != nil {
		return slices.ContainsFunc(source.partition.names(), where.uses)
	}
	return where.callsAny(append([]string{"toyyyymm", "tostartofmonth", "tostartofweek", "toyear", "tomonday", "tostartofyear"}, slices.Concat(dayFunctions, fineFunctions)...)...) ||
		slices.ContainsFunc(where.names(), isTimeName)
}
