package clickhouse

import (
	"maps"
	"slices"
	"strings"

	"devtrail.dev/services/migrations/lint/rule"
)

// alterRules judge changes of columns and keys of a table that holds rows.
func alterRules() []entry {
	return []entry{
		{rule.Rule{
			Name: "ch-modify-order-by-existing-column", Severity: rule.Error,
			Reason:      "only a column added in the same ALTER, without DEFAULT, may be appended to the sorting key (code 36)",
			Alternative: "CREATE TABLE t_new with the new key, copy by partition, EXCHANGE TABLES t_new AND t",
		}, modifyOrderBy},
		{rule.Rule{
			Name: "ch-alter-key-column", Severity: rule.Error,
			Reason:      "the server refuses to change the type or the name of a key column (code 524)",
			Alternative: "CREATE TABLE t_new with the new column, copy by partition, EXCHANGE TABLES t_new AND t",
		}, alterKeyColumn},
		{rule.Rule{
			Name: "ch-update-key-column", Severity: rule.Error,
			Reason:      "the server refuses to update a key column (code 420)",
			Alternative: "INSERT INTO t_new SELECT the changed rows by partition, then EXCHANGE TABLES t_new AND t",
		}, updateKeyColumn},
		{rule.Rule{
			Name: "ch-modify-column-type-rewrite", Severity: rule.Warning,
			Reason:      "another type is one mutation that rewrites the column in every part",
			Alternative: "ALTER TABLE t ADD COLUMN IF NOT EXISTS c_new ...; write both; backfill by partition; drop the old column behind a gate",
		}, typeRewrite},
		{rule.Rule{
			Name: "ch-modify-column-type-may-strand", Severity: rule.Error,
			Reason:      "when one value does not convert, the table keeps the new type in its metadata and can no longer be read (codes 341, 6)",
			Alternative: "SELECT countIf(c IS NOT NULL AND toUInt64OrNull(c) IS NULL) FROM t must give 0 first; or ALTER TABLE t ADD COLUMN IF NOT EXISTS c_new ... and backfill",
		}, typeMayStrand},
		{rule.Rule{
			Name: "ch-nullable-to-non-nullable", Severity: rule.Error,
			Reason:      "the server refuses to drop Nullable without a DEFAULT for the rows that are NULL (code 36)",
			Alternative: "ALTER TABLE t MODIFY COLUMN c UInt32 DEFAULT 0",
		}, nullableToNonNullable},
		{rule.Rule{
			Name: "ch-modify-ttl-materializes", Severity: rule.Warning,
			Reason:      "a changed TTL is applied to every part at once, and may delete rows at once",
			Alternative: "ALTER TABLE t MODIFY TTL ... SETTINGS materialize_ttl_after_modify = 0, then MATERIALIZE TTL IN PARTITION as a heavy step",
		}, modifyTTL},
		{rule.Rule{
			Name: "ch-index-not-materialized", Severity: rule.Info,
			Reason:      "an added index, projection or statistics speaks of new parts only",
			Alternative: "ALTER TABLE t MATERIALIZE INDEX i IN PARTITION ... as a heavy step",
		}, indexNotMaterialized},
		{rule.Rule{
			Name: "ch-add-column-volatile-default", Severity: rule.Warning,
			Reason:      "old parts compute the default at each read, so the same row shows another value every time",
			Alternative: "ALTER TABLE t ADD COLUMN IF NOT EXISTS c DateTime('UTC') DEFAULT 0, and write the value on insert",
		}, volatileDefault},
		{rule.Rule{
			Name: "ch-rename-column", Severity: rule.Error,
			Reason:      "a rename is a mutation, breaks materialized views silently and breaks the build that still runs",
			Alternative: "ALTER TABLE t ADD COLUMN IF NOT EXISTS b ...; write both; copy; drop the old column behind a gate",
		}, renameColumn},
		{rule.Rule{
			Name: "ch-readonly-setting", Severity: rule.Error,
			Reason:      "the setting is fixed when the table is made (code 472)",
			Alternative: "CREATE TABLE t_new with the setting, copy by partition, EXCHANGE TABLES t_new AND t",
		}, readonlySetting},
	}
}

// modifyOrderBy finds new sorting keys that hold an old column behind the old key, or a new column with a DEFAULT.
func modifyOrderBy(c *check) {
	for _, cmd := range c.commands("MODIFY_ORDER_BY") {
		var old []expr
		known := c.table != nil && (c.table.order != nil || c.table.primary != nil)
		if known {
			old = c.table.sorting()
		}
		fresh := 0
		for i, e := range cmd.expr.elements() {
			if known && i < len(old) && old[i].String() == e.String() {
				continue
			}
			state := c.addedHere(e)
			if state == "" {
				fresh++
				continue
			}
			if !known && state == "old" && fresh == 0 && c.anyAddedHere(cmd.expr) {
				continue // the old key, which is not known
			}
			text := e.String() + " in the new sorting key of " + c.object.String() + " is an old column"
			if state == "default" {
				text = e.String() + " in the new sorting key of " + c.object.String() + " is added with a DEFAULT"
			}
			c.report(cmd.pos, text, "")
			break
		}
	}
}

// addedHere says "" when all columns of the expression are added by this ALTER without a DEFAULT, "default" or "old" when not.
func (c *check) addedHere(e expr) string {
	for _, name := range e.names() {
		state := "old"
		for _, cmd := range c.commands("ADD_COLUMN") {
			if cmd.name == name {
				state = ""
				if cmd.column.kind != "" {
					return "default"
				}
			}
		}
		if state != "" {
			return state
		}
	}
	return ""
}

func (c *check) anyAddedHere(key expr) bool {
	elements := key.elements()
	return len(elements) > 0 && c.addedHere(elements[len(elements)-1]) != "old"
}

// alterKeyColumn finds changes of columns that a key is made of. An Enum may grow and the time zone may change: neither touches the order.
func alterKeyColumn(c *check) {
	for _, cmd := range c.commands("MODIFY_COLUMN", "RENAME_COLUMN", "DROP_COLUMN") {
		key := c.table.keyColumn(cmd.name)
		if key == "" {
			continue
		}
		if cmd.kind == "MODIFY_COLUMN" {
			old := c.table.column(cmd.name)
			if !cmd.column.typ.known() || old == nil || sameStorage(old.typ, cmd.column.typ) {
				continue
			}
			if key == versionOfRows && old.typ.bits() > 0 && old.typ.bits() < cmd.column.typ.bits() && old.typ.name[0] == cmd.column.typ.name[0] {
				continue // a wider number of the same order: Int or UInt
			}
		}
		c.report(cmd.pos, cmd.name+" is in the "+key+" of "+c.object.String(), "")
	}
}

// updateKeyColumn finds UPDATE of a key column.
func updateKeyColumn(c *check) {
	for _, change := range c.changes() {
		for _, name := range slices.Sorted(maps.Keys(change.set)) {
			if key := c.table.keyColumn(name); key != "" && key != deletedMark {
				c.report(change.pos, name+" is in the "+key+" of "+c.object.String()+" and cannot be updated", "")
			}
		}
	}
}

// typeRewrite finds type changes that touch the stored bytes. When the old type is not known, a type that stands alone is taken for a
// change; one that comes with a codec, default or comment is taken for the old type written again.
func typeRewrite(c *check) {
	for _, cmd := range c.commands("MODIFY_COLUMN") {
		col := cmd.column
		if !col.typ.known() {
			continue
		}
		old := c.table.column(cmd.name)
		switch {
		case old != nil && old.typ.known():
			if !sameStorage(old.typ, col.typ) {
				c.report(cmd.pos, cmd.name+" changes from "+old.typ.String()+" to "+col.typ.String()+", which rewrites it in every part of "+c.object.String(), "")
			}
		case col.kind == "" && len(col.codec) == 0 && len(col.ttl) == 0 && !col.comment:
			c.report(cmd.pos, cmd.name+" gets the type "+col.typ.String()+"; unless it has it already, every part of "+c.object.String()+" is rewritten", "")
		}
	}
}

// typeMayStrand finds type changes that fail on some values.
func typeMayStrand(c *check) {
	for _, cmd := range c.commands("MODIFY_COLUMN") {
		col := cmd.column
		if !col.typ.known() {
			continue
		}
		old := c.table.column(cmd.name)
		switch {
		case old != nil && old.typ.known():
			if fallible(old.typ, col.typ) {
				c.report(cmd.pos, "not every "+old.typ.String()+" is a "+col.typ.String()+", and one value that is not strands "+c.object.String(), "")
			}
		case col.kind == "" && len(col.codec) == 0 && len(col.ttl) == 0 && !col.comment && fallible(dataType{name: "String"}, col.typ):
			c.report(cmd.pos, "the old type of "+cmd.name+" is not known; from a String, one value that is no "+col.typ.String()+" strands "+c.object.String(), "")
		}
	}
}

// nullableToNonNullable finds columns that lose Nullable without a default, now or before.
func nullableToNonNullable(c *check) {
	for _, cmd := range c.commands("MODIFY_COLUMN") {
		old := c.table.column(cmd.name)
		if old == nil || !cmd.column.typ.known() || !old.typ.nullable() || cmd.column.typ.nullable() {
			continue
		}
		if cmd.column.kind == "" && old.kind == "" {
			c.report(cmd.pos, cmd.name+" of "+c.object.String()+" loses Nullable and has no DEFAULT", "")
		}
	}
}

// modifyTTL finds TTL changes that begin to work at once.
func modifyTTL(c *check) {
	if value, ok := c.settings["materialize_ttl_after_modify"]; ok && (value == "0" || value == "false") {
		return
	}
	for _, cmd := range c.commands("MODIFY_TTL", "MODIFY_COLUMN") {
		if cmd.kind == "MODIFY_TTL" || len(cmd.column.ttl) > 0 {
			c.report(cmd.pos, "the new TTL is applied to every part of "+c.object.String()+" at once", "")
		}
	}
}

// indexNotMaterialized finds additions that nothing in the run materializes, on tables that hold rows.
func indexNotMaterialized(c *check) {
	if c.table != nil && c.table.fresh {
		return
	}
	for _, cmd := range c.commands("ADD_INDEX", "ADD_PROJECTION", "ADD_STATISTICS") {
		what := strings.TrimPrefix(cmd.kind, "ADD_")
		done := slices.ContainsFunc(c.run, func(other *statement) bool {
			return other.object.same(c.object) && other.alter != nil && slices.ContainsFunc(other.alter.commands, func(m command) bool {
				return m.kind == "MATERIALIZE_"+what && (m.name == cmd.name || what == "STATISTICS")
			})
		})
		if !done {
			c.report(cmd.pos, "the "+strings.ToLower(what)+" "+cmd.name+" of "+c.object.String()+" is made for new parts only", "")
		}
	}
	if c.head == "CREATE INDEX" {
		c.report(c.pos(), "the index is made for new parts of "+c.object.String()+" only", "")
	}
}

// volatile are functions that give another value each time, in lower case.
var volatile = []string{
	"generateuuidv4", "generateuuidv7", "generateulid", "generatesnowflakeid", "generateserialid", "rand", "rand32", "rand64", "randconstant", "randcanonical", "randomstring",
	"randomfixedstring", "randomprintableascii", "randomstringutf8", "randuniform", "randnormal", "now", "now64", "nowinblock", "nowinblock64", "today", "yesterday", "utctimestamp",
	"current_timestamp", "curdate", "current_date", "rownumberinallblocks", "rownumberinblock", "randlognormal", "randexponential", "randbernoulli", "fuzzbits",
}

// volatileDefault finds added columns whose default is computed anew at each read of an old part.
func volatileDefault(c *check) {
	for _, cmd := range c.commands("ADD_COLUMN") {
		if (cmd.column.kind == "DEFAULT" || cmd.column.kind == "MATERIALIZED") && cmd.column.value.callsAny(volatile...) {
			c.report(cmd.pos, "old rows of "+c.object.String()+" compute "+cmd.column.value.String()+" for "+cmd.name+" at each read", "")
		}
	}
}

// renameColumn finds RENAME COLUMN.
func renameColumn(c *check) {
	for _, cmd := range c.commands("RENAME_COLUMN") {
		c.objects = taken(c.object, cmd.name)
		c.report(cmd.pos, "the column "+cmd.name+" of "+c.object.String()+" gets another name while builds that read the old one may run", "")
	}
}

// fixedSettings cannot be changed on a table that exists.
var fixedSettings = []string{
	"index_granularity", "index_granularity_bytes", "enable_mixed_granularity_parts", "add_minmax_index_for_numeric_columns", "add_minmax_index_for_string_columns",
	"add_minmax_index_for_temporal_columns", "table_disk",
}

// readonlySetting finds changes of settings that the server refuses to change.
func readonlySetting(c *check) {
	for _, cmd := range c.commands("MODIFY_SETTING", "RESET_SETTING") {
		for _, name := range fixedSettings {
			if _, ok := cmd.settings[name]; ok {
				c.report(cmd.pos, name+" of "+c.object.String()+" cannot be changed", "")
			}
		}
	}
}
