package clickhouse

import (
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// tableRules judge the keys of a new table, which are decided once.
func tableRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-missing-order-by", Severity: rule.Error,
			Reason:      "a MergeTree table without ORDER BY silently gets ORDER BY tuple(): nothing is sorted, so every read scans everything",
			Alternative: "CREATE TABLE IF NOT EXISTS t (...) ENGINE = MergeTree ORDER BY (tenant, toDate(ts), id)",
		}, missingOrderBy},
		{rule.Rule{
			Name: "ch-empty-order-by", Severity: rule.Warning,
			Reason:      "ORDER BY tuple() sorts nothing, and the sorting key cannot be chosen later",
			Alternative: "ORDER BY (tenant, toDate(ts), id), or a comment beside ORDER BY tuple() that says why no key is wanted",
		}, emptyOrderBy},
		{rule.Rule{
			Name: "ch-high-cardinality-leading-key", Severity: rule.Warning,
			Reason:      "a key that begins with nearly unique values prunes little and compresses badly",
			Alternative: "ORDER BY (tenant, toDate(ts), id): few distinct values first, the nearly unique one last",
		}, highCardinalityLeadingKey},
		{rule.Rule{
			Name: "ch-primary-key-not-prefix", Severity: rule.Error,
			Reason:      "the server refuses a primary key that is not a prefix of the sorting key (code 36)",
			Alternative: "PRIMARY KEY (a) ORDER BY (a, b)",
		}, primaryKeyNotPrefix},
		{rule.Rule{
			Name: "ch-nullable-in-key", Severity: rule.Error,
			Reason:      "the server refuses a Nullable column in a key (code 44), and with allow_nullable_key it cannot prune on NULL",
			Alternative: "a column with a default that is not NULL, or ifNull(c, 0) in the key",
		}, nullableInKey},
		{rule.Rule{
			Name: "ch-float-partition-key", Severity: rule.Error,
			Reason:      "the server refuses a partition key of floating point (code 36)",
			Alternative: "PARTITION BY toYYYYMM(ts)",
		}, floatPartitionKey},
		{rule.Rule{
			Name: "ch-partition-too-granular", Severity: rule.Error,
			Reason:      "many partitions make many small parts, and an insert block that touches more than 100 of them is refused (code 252)",
			Alternative: "PARTITION BY toYYYYMM(ts)",
		}, partitionTooGranular},
		{rule.Rule{
			Name: "ch-replacing-without-version", Severity: rule.Warning,
			Reason:      "without a version column which of several rows survives depends on the order of inserts and merges",
			Alternative: "ENGINE = ReplacingMergeTree(version)",
		}, replacingWithoutVersion},
	}
}

// missingOrderBy finds tables of the MergeTree family without a sorting key. The old syntax keeps the key among the engine's arguments.
func missingOrderBy(c *check) {
	e, ok := c.mergeTree()
	if !ok || c.create.order != nil || c.create.primary != nil || c.create.keyed || c.create.like != nil || len(e.own()) >= 3 {
		return
	}
	c.report(e.pos, c.object.String()+" has no ORDER BY, so the server stores it unsorted", "")
}

// emptyOrderBy finds an empty sorting key that no comment explains.
func emptyOrderBy(c *check) {
	e, ok := c.mergeTree()
	if !ok || c.create.order == nil || len(c.create.order.elements()) > 0 || c.explains(c.create.order) {
		return
	}
	c.report(e.pos, c.object.String()+" is sorted by nothing and no comment says why", "")
}

// reasons are words of comments that say why a table is not sorted.
var reasons = []string{
	"order", "sort", "key", "tuple", "scan", "read", "append", "write", "small", "tiny", "few", "single", "one row", "staging", "buffer", "temporary", "lookup", "filter", "because",
	"reason", "intentional", "deliberate", "on purpose",
}

// explains reports whether a comment speaks of a clause: one on its line or the line before, or one anywhere at the statement that speaks of sorting.
func (c *check) explains(clause expr) bool {
	for _, comment := range c.comments {
		text := strings.ToLower(comment.text)
		for _, word := range reasons {
			if strings.Contains(text, word) && !strings.Contains(text, "devtrail:") {
				return true
			}
		}
		if len(clause) > 0 && comment.pos > clause[0].pos && comment.pos < clause[len(clause)-1].pos+40 {
			return true
		}
	}
	return false
}

// highCardinalityLeadingKey finds sorting keys that begin with nearly unique values. The ids of those who own rows (tenant_id) are few;
// a table that keeps one row for each id needs the id as its whole key.
func highCardinalityLeadingKey(c *check) {
	e, ok := c.mergeTree()
	if !ok {
		return
	}
	key := c.create.order.elements()
	if c.create.order == nil {
		key = c.create.primary.elements()
	}
	if len(key) == 0 {
		return
	}
	first := key[0]
	what := c.nearlyUnique(first)
	if name, isColumn := first.column(); isColumn && what == "" && (isRowID(name) || words(name)[0] == singular(c.object.name) && isID(name)) {
		one := len(key) == 1 && e.name != "MergeTree" && e.name != "ReplicatedMergeTree" && e.name != "SharedMergeTree"
		if t := c.typeOf(first); !one && t.name != "LowCardinality" && !t.isEnum() && (t.bits() == 0 || t.bits() > 16) {
			what = "the id of a row"
		}
	}
	if what != "" {
		c.report(first[0].pos, "the key of "+c.object.String()+" begins with "+first.String()+", "+what, "")
	}
}

// nearlyUnique says why an expression has a value of its own in nearly every row, "" when it has not.
func (c *check) nearlyUnique(e expr) string {
	if name, args, ok := e.call(); ok {
		switch {
		case strings.Contains(name, "hash") || strings.HasPrefix(name, "md5") || strings.HasPrefix(name, "sha"):
			return "a hash"
		case (name == "tostring" || name == "touuid" || name == "uuidtonum") && len(args) == 1:
			return c.nearlyUnique(args[0])
		}
		return ""
	}
	name, ok := e.column()
	if !ok {
		return ""
	}
	t := c.typeOf(e)
	switch {
	case t.name == "LowCardinality":
		return ""
	case t.plain().name == "UUID" && !isOwner(name):
		return "a UUID"
	case t.plain().name == "DateTime64":
		return "a time finer than seconds"
	case lastWord(name) == "hash" || lastWord(name) == "uuid" || lastWord(name) == "guid" || lastWord(name) == "md5" || strings.HasPrefix(lastWord(name), "sha"):
		return "a hash or UUID"
	default:
		return ""
	}
}

// primaryKeyNotPrefix finds a PRIMARY KEY that does not begin the ORDER BY.
func primaryKeyNotPrefix(c *check) {
	if _, ok := c.mergeTree(); !ok || c.create.order == nil || c.create.primary == nil {
		return
	}
	order, primary := c.create.order.elements(), c.create.primary.elements()
	for i, e := range primary {
		if i >= len(order) || order[i].String() != e.String() {
			c.report(c.create.primary[0].pos, "the primary key ("+join(c.create.primary.bare())+") of "+c.object.String()+" is not a prefix of its sorting key", "")
			return
		}
	}
}

// unnull are functions that never return NULL, or return it only for another argument.
var unnull = []string{"ifnull", "coalesce", "assumenotnull", "isnull", "isnotnull", "nvl", "tuple"}

// nullableInKey finds Nullable columns in keys, and the setting that lets them in.
func nullableInKey(c *check) {
	keys := []expr{}
	if _, ok := c.mergeTree(); ok {
		keys = append(keys, c.create.order, c.create.primary, c.create.partition)
		if value, ok := c.settings["allow_nullable_key"]; ok && value != "0" && value != "false" {
			c.report(c.create.engine.position(c), c.object.String()+" lets NULL into its keys (allow_nullable_key)", "")
			return
		}
	}
	for _, cmd := range c.commands("MODIFY_ORDER_BY") {
		keys = append(keys, cmd.expr)
	}
	for _, key := range keys {
		for _, e := range key.elements() {
			if e.callsAny(unnull...) {
				continue
			}
			for _, name := range e.names() {
				if col := c.columnOf(name); col != nil && col.typ.nullable() {
					c.report(e[0].pos, "the column "+name+" in a key of "+c.object.String()+" is "+col.typ.String(), "")
					return
				}
			}
		}
	}
}

// position is where an engine is written, else where the statement begins.
func (e *engine) position(c *check) int {
	if e == nil {
		return c.pos()
	}
	return e.pos
}

// floatPartitionKey finds partition keys that are floating point: a column, or a function that keeps the type.
func floatPartitionKey(c *check) {
	if _, ok := c.mergeTree(); !ok {
		return
	}
	for _, e := range c.create.partition.elements() {
		if c.isFloat(e) {
			c.report(e[0].pos, "the partition key "+e.String()+" of "+c.object.String()+" is floating point", "")
			return
		}
	}
}

func (c *check) isFloat(e expr) bool {
	if name, args, ok := e.call(); ok {
		switch name {
		case "floor", "round", "ceil", "ceiling", "trunc", "truncate", "abs", "roundbankers":
			return len(args) > 0 && c.isFloat(args[0])
		case "sqrt", "log", "ln", "log2", "log10", "exp", "divide":
			return true
		}
		return strings.HasPrefix(name, "tofloat")
	}
	return c.typeOf(e).plain().isFloat()
}

// replacingWithoutVersion finds ReplacingMergeTree without its version column.
func replacingWithoutVersion(c *check) {
	e, ok := c.mergeTree()
	if ok && strings.HasSuffix(e.name, "ReplacingMergeTree") && len(e.own()) == 0 && c.makesTable() {
		c.report(e.pos, c.object.String()+" replaces rows without a version column", "")
	}
}
