package clickhouse

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// destructiveRules judge what takes rows or names away.
func destructiveRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-drop-column", Severity: rule.Gate,
			Reason:      "builds that read the column fail, and its values are gone by a mutation",
			Alternative: "a contract step behind a gate, one release after the last reader",
		}, dropColumn},
		{rule.Rule{
			Name: "ch-drop-table", Severity: rule.Error,
			Reason:      "the rows are gone, and a table above 50 GB is refused (code 359)",
			Alternative: "RENAME TABLE t TO t_old, wait a release, then drop it by a named override",
		}, dropTable},
		{rule.Rule{
			Name: "ch-drop-view", Severity: rule.Gate,
			Reason:      "builds that read the view, or call the function, fail, and a materialized view fills its target no more",
			Alternative: "a contract step behind a gate, one release after the last reader; a view that changes is made again in the same file",
		}, dropView},
		{rule.Rule{
			Name: "ch-truncate", Severity: rule.Error,
			Reason:      "all rows are gone",
			Alternative: "CREATE TABLE t_new AS t, EXCHANGE TABLES t_new AND t, keep the old one for a while",
		}, truncate},
		{rule.Rule{
			Name: "ch-drop-partition", Severity: rule.Error,
			Reason:      "the rows of the partition are gone from the table",
			Alternative: "a TTL, or an operator's action with a backup",
		}, dropPartition},
		{rule.Rule{
			Name: "ch-drop-database", Severity: rule.Error,
			Reason:      "all tables of the database are gone",
			Alternative: "an operator's action with a backup",
		}, dropDatabase},
		{rule.Rule{
			Name: "ch-drop-guard-bypass", Severity: rule.Error,
			Reason:      "the setting takes away the guard against dropping much data by mistake",
			Alternative: "a named override for this one drop",
		}, dropGuardBypass},
		{rule.Rule{
			Name: "ch-create-or-replace-table", Severity: rule.Error,
			Reason:      "the old table goes with all its rows",
			Alternative: "CREATE TABLE IF NOT EXISTS t_new ..., copy by partition, EXCHANGE TABLES t_new AND t",
		}, createOrReplace},
		{rule.Rule{
			Name: "ch-exchange-tables", Severity: rule.Warning,
			Reason:      "only Atomic databases exchange, and Distributed tables and materialized views refer by name",
			Alternative: "drop the materialized views first, exchange, make them again",
		}, exchangeTables},
		{rule.Rule{
			Name: "ch-rename-table", Severity: rule.Warning,
			Reason:      "Distributed tables, materialized views and builds that run refer to the old name",
			Alternative: "CREATE VIEW old_name AS SELECT ... FROM new_name until nobody uses it",
		}, renameTable},
	}
}

// dropColumn finds DROP COLUMN and CLEAR COLUMN.
func dropColumn(c *check) {
	for _, cmd := range c.commands("DROP_COLUMN") {
		verb := "dropped"
		if cmd.clear {
			verb = "cleared"
		}
		c.objects = taken(c.object, cmd.name)
		c.report(cmd.pos, "the column "+cmd.name+" of "+c.object.String()+" is "+verb, "")
	}
}

// bare are names that need no quotes in the header of a contract file.
var bare = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// taken names what is taken away as the header of a contract file does, nil when it cannot.
func taken(table object, column string) []string {
	if !bare.MatchString(table.name) || column != "*" && !bare.MatchString(column) {
		return nil
	}
	return []string{table.name + "." + column}
}

// dropTable finds DROP TABLE and DETACH TABLE, and DROP VIEW of a materialized view with a table inside. Other views hold no rows, and a table that the same run
// made holds none yet, unless they were moved there.
func dropTable(c *check) {
	view := strings.HasPrefix(c.head, "DROP VIEW")
	if !view && !strings.HasPrefix(c.head, "DROP TABLE") && !strings.HasPrefix(c.head, "DETACH TABLE") || c.temporary() {
		return
	}
	for _, o := range c.drops {
		t := c.schema.find(o)
		switch {
		case t.empty(), view && !t.hidden():
			continue
		case t != nil && !t.hidden() && (t.view || t.engine != nil && !stores(t.engine.name)):
			continue
		}
		c.objects = taken(o, "*")
		if t.hidden() {
			c.report(c.pos(), "the materialized view "+o.String()+" is taken away with the rows in the table inside it", "")
			continue
		}
		c.report(c.pos(), "the table "+o.String()+" is taken away with its rows", "")
	}
}

// dropView finds DROP and DETACH of views, dictionaries and functions that the rest of the file does not make again. One that the same run made has no readers.
func dropView(c *check) {
	kind := ""
	for _, what := range []string{"VIEW", "DICTIONARY", "FUNCTION"} {
		if strings.HasPrefix(c.head, "DROP "+what) || strings.HasPrefix(c.head, "DETACH "+what) {
			kind = what
		}
	}
	if kind == "" {
		return
	}
	for _, o := range c.drops {
		if t := c.schema.find(o); t.empty() || t.hidden() || c.madeAgain(kind, o) {
			continue
		}
		c.objects = taken(o, "*")
		c.report(c.pos(), "the "+strings.ToLower(kind)+" "+o.String()+" is taken away from builds that use it", "")
	}
}

// madeAgain reports whether a later statement of the file makes an object of the kind and name.
func (c *check) madeAgain(kind string, o object) bool {
	return slices.ContainsFunc(c.file[c.index+1:], func(later *statement) bool {
		return later.create != nil && strings.HasPrefix(later.head, "CREATE ") && strings.HasSuffix(later.head, kind) && later.object.same(o)
	})
}

// stores reports whether an engine keeps rows of its own.
func stores(name string) bool {
	switch name {
	case "Distributed", "Null", "Merge", "Buffer", "Dictionary", "View", "Kafka", "RabbitMQ", "NATS", "MySQL", "PostgreSQL", "MongoDB", "S3", "URL", "Alias":
		return false
	default:
		return true
	}
}

func (s *statement) temporary() bool {
	return len(s.tokens) > 1 && s.tokens[1].is("TEMPORARY")
}

// truncate finds TRUNCATE in all its forms.
func truncate(c *check) {
	if strings.HasPrefix(c.head, "TRUNCATE") && !c.temporary() {
		c.report(c.pos(), "all rows of "+c.object.String()+" are deleted", "")
	}
}

// dropPartition finds DROP and DETACH of partitions and parts, and what else leaves a table without the rows of one: REPLACE, and MOVE to another table. A table that
// the same run made has nothing to lose by these two.
func dropPartition(c *check) {
	for _, cmd := range c.commands("DROP_PARTITION", "DROP_DETACHED_PARTITION") {
		verb := "dropped"
		if cmd.detach {
			verb = "detached"
		}
		c.report(cmd.pos, "a partition of "+c.object.String()+" is "+verb, "")
	}
	for _, cmd := range c.commands("REPLACE_PARTITION", "MOVE_PARTITION") {
		switch {
		case cmd.target == nil || c.table.empty():
		case cmd.replace:
			c.report(cmd.pos, "the rows of a partition of "+c.object.String()+" are replaced by those of "+cmd.target.String(), "")
		case cmd.kind == "MOVE_PARTITION":
			c.report(cmd.pos, "a partition of "+c.object.String()+" is moved to "+cmd.target.String()+", where readers do not look for it", "")
		}
	}
}

// dropDatabase finds DROP DATABASE.
func dropDatabase(c *check) {
	if strings.HasPrefix(c.head, "DROP DATABASE") || strings.HasPrefix(c.head, "DETACH DATABASE") {
		c.report(c.pos(), "the database "+c.object.String()+" is taken away with all its tables", "")
	}
}

// guardBytes is the size above which the server refuses a drop.
const guardBytes = 50_000_000_000

// dropGuardBypass finds settings that raise the guard or take it away.
func dropGuardBypass(c *check) {
	for _, name := range []string{"max_table_size_to_drop", "max_partition_size_to_drop", "force_drop_table"} {
		value, ok := c.settings[name]
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || n == 0 || n > guardBytes || name == "force_drop_table" {
			c.report(c.pos(), name+" = "+value+" takes away the guard against large drops", "")
		}
	}
}

// createOrReplace finds CREATE OR REPLACE TABLE and REPLACE TABLE, and the same of a materialized view with a table inside; what the same run made may be replaced.
func createOrReplace(c *check) {
	if c.create == nil || !c.create.orReplace || c.create.temporary || c.table.empty() {
		return
	}
	view := c.head == "CREATE MATERIALIZED VIEW" && (c.table.hidden() || c.table == nil && c.create.to == nil)
	if c.head == "CREATE TABLE" || view {
		c.report(c.pos(), c.object.String()+" is replaced and its rows are gone", "")
	}
}

// exchangeTables finds EXCHANGE.
func exchangeTables(c *check) {
	if c.head == "EXCHANGE TABLE" {
		c.report(c.pos(), c.object.String()+" changes places with another table under those who refer to it by name", "")
	}
}

// renameTable finds RENAME of tables and databases; a table that the same run made has no readers.
func renameTable(c *check) {
	if c.head != "RENAME TABLE" && c.head != "RENAME DATABASE" {
		return
	}
	for _, p := range c.rename {
		if t := c.schema.find(p.from); t != nil && t.fresh && len(c.schema.readers(p.from)) == 0 && len(c.schema.writers(p.from)) == 0 {
			continue
		}
		if c.objects = taken(p.from, "*"); c.head == "RENAME DATABASE" {
			c.objects = nil
		}
		c.report(c.pos(), p.from.String()+" gets another name while others refer to the old one", "")
	}
}
