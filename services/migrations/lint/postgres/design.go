package postgres

import (
	"fmt"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// designRules are the rules on keys, indexes and the layout of tables.
func designRules() []check {
	return []check{
		{rule.Rule{
			Name: "table-without-primary-key", Severity: rule.Warning,
			Reason:      "without a primary key rows cannot be told apart: no replication of updates, no paging, no batches",
			Alternative: "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		}, losesPrimaryKey, createsWithoutKey},
		{rule.Rule{
			Name: "foreign-key-missing-index", Severity: rule.Warning,
			Reason:      "every delete and update of the referenced row reads the whole referencing table",
			Alternative: "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (c);",
		}, nil, foreignKeyMissingIndex},
		{rule.Rule{
			Name: "wide-non-unique-index", Severity: rule.Info,
			Reason:      "an index of more than three columns is large, and the later columns seldom narrow the search",
			Alternative: "the first three columns, or INCLUDE for the others",
		}, func(c *context) {
			for _, i := range newIndexes(c.node()) {
				if !i.unique && i.count > 3 {
					c.report("the index on %s has %d columns", i.table, i.count)
				}
			}
		}, nil},
		{rule.Rule{
			Name: "wide-index-bytebase", Severity: rule.Info,
			Reason:      "a key or index of more than five columns is large and slow to write",
			Alternative: "a surrogate key, and an index of fewer columns",
		}, func(c *context) {
			for _, i := range newIndexes(c.node()) {
				if i.count > 5 {
					c.report("the index on %s has %d columns", i.table, i.count)
				}
			}
		}, nil},
		{rule.Rule{
			Name: "too-many-indexes", Severity: rule.Info,
			Reason:      "every write of a row writes all its indexes",
			Alternative: "drop those that pg_stat_user_indexes.idx_scan says are not used",
		}, nil, tooManyIndexes},
		{rule.Rule{
			Name: "duplicate-index-column", Severity: rule.Info,
			Reason:      "a column that stands twice in a key or index adds nothing",
			Alternative: "name each column once",
		}, duplicateColumn, nil},
		{rule.Rule{
			Name: "non-optimal-column-alignment", Severity: rule.Info,
			Reason:      "columns in this order are padded, and each row takes more room than it needs",
			Alternative: "fixed columns from the widest to the narrowest, then those of variable length",
		}, alignment, nil},
	}
}

// losesPrimaryKey reports the statement that takes the primary key from a table in use. Of a table that is not known the names decide:
// a constraint that is called like a primary key, a column that is called id.
func losesPrimaryKey(c *context) {
	for _, a := range altersOf(c.node(), pg.AlterTableType_AT_DropConstraint, pg.AlterTableType_AT_DropColumn) {
		t := c.schema.table(a.table)
		primary := t.primary()
		lost := false
		switch {
		case c.addsPrimary(a.table):
		case primary != nil && a.cmd.GetSubtype() == pg.AlterTableType_AT_DropColumn:
			lost = slices.Contains(primary.columns, a.cmd.GetName())
		case primary != nil:
			lost = primary.name == a.cmd.GetName()
		case t != nil && (t.known || t.column(a.cmd.GetName()) != nil || t.constraint(a.cmd.GetName()) != nil):
		case a.cmd.GetSubtype() == pg.AlterTableType_AT_DropColumn:
			lost = a.cmd.GetName() == "id"
		default:
			lost = guess(a.cmd.GetName()) == pg.ConstrType_CONSTR_PRIMARY
		}
		if lost {
			c.report("%s has no primary key from now on", a.table)
		}
	}
}

// addsPrimary reports whether this statement or a later one of the file gives the table a primary key.
func (c *context) addsPrimary(table name) bool {
	for _, e := range c.file.statements[c.stmt.index:] {
		for _, u := range newConstraints(e.node) {
			if u.table.key() == table.key() && u.constraint.GetContype() == pg.ConstrType_CONSTR_PRIMARY {
				return true
			}
		}
	}
	return false
}

// createsWithoutKey reports tables that the file makes and leaves without a primary key. Temporary tables and partitions pass.
func createsWithoutKey(c *context) {
	for _, st := range c.file.statements {
		made := st.node.GetCreateStmt()
		if made == nil || made.GetRelation().GetRelpersistence() == "t" || made.GetPartbound() != nil {
			continue
		}
		t := c.schema.table(rangeName(made.GetRelation()))
		if t != nil && t.known && t.primary() == nil && t.partitionOf == "" {
			c.reportAt(st, c.rule.Alternative, fmt.Sprintf("%s has no primary key", t.name))
		}
	}
}

// foreignKeyMissingIndex reports foreign keys without an index behind the file, on tables whose keys or indexes the file touches.
func foreignKeyMissingIndex(c *context) {
	touched := map[string]*statement{}
	for _, st := range c.file.statements {
		for _, u := range newConstraints(st.node) {
			if u.constraint.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
				touched[u.table.key()] = st
			}
		}
		if i := st.node.GetIndexStmt(); i != nil {
			touched[rangeName(i.GetRelation()).key()] = st
		}
	}
	for _, st := range c.file.statements {
		for key, by := range touched {
			t := c.schema.tables[key]
			if by != st || t == nil {
				continue
			}
			for _, k := range t.constraints {
				if k.kind == pg.ConstrType_CONSTR_FOREIGN && len(k.columns) > 0 && !c.schema.covered(key, k.columns) {
					c.reportAt(st, fmt.Sprintf("CREATE INDEX CONCURRENTLY IF NOT EXISTS %s ON %s (%s);", quote(t.name.base+"_"+k.columns[0]+"_idx"), t.name, quoteAll(k.columns)),
						fmt.Sprintf("no index of %s begins with (%s), so every delete in %s reads all of it", t.name, quoteAll(k.columns), k.refTable))
				}
			}
		}
	}
}

// mostIndexes is how many indexes a table bears, its primary key among them.
const mostIndexes = 5

// tooManyIndexes reports the file's last index of a table that has too many. A table that is not known has its primary key besides.
func tooManyIndexes(c *context) {
	last := map[string]*statement{}
	for _, st := range c.file.statements {
		for _, i := range newIndexes(st.node) {
			last[i.table.key()] = st
		}
	}
	for key, st := range last {
		count := len(c.schema.indexesOf(key))
		if t := c.schema.tables[key]; t == nil || !t.known {
			count++
		}
		if count > mostIndexes {
			c.reportAt(st, c.rule.Alternative, fmt.Sprintf("%s has %d indexes, and every write of a row writes them all", quote(key), count))
		}
	}
}

// duplicateColumn reports a column that stands twice in an index, key or foreign key.
func duplicateColumn(c *context) {
	var lists [][]string
	for _, i := range newIndexes(c.node()) {
		lists = append(lists, i.columns)
	}
	for _, u := range newConstraints(c.node()) {
		if u.constraint.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			lists = append(lists, u.columns)
		}
	}
	for _, columns := range lists {
		for i, column := range columns {
			if slices.Contains(columns[:i], column) {
				c.report("%s stands twice in (%s)", quote(column), quoteAll(columns))
			}
		}
	}
}

// widths are the sizes of types of fixed length; each is aligned to its size, save those of alignments.
var widths = map[string]int{
	"bool": 1, "char": 1, "int2": 2, "int4": 4, "serial": 4, "smallserial": 2, "float4": 4, "date": 4, "oid": 4, "int8": 8, "bigserial": 8, "float8": 8,
	"timestamp": 8, "timestamptz": 8, "time": 8, "money": 8, "uuid": 16, "interval": 16, "macaddr": 6,
}

// alignments are those of types that are not aligned to their size.
var alignments = map[string]int{"uuid": 1, "interval": 8, "macaddr": 4}

// alignment reports tables whose fixed columns take more room in their order than in the best one. Columns of variable length are left
// out: their length is not known.
func alignment(c *context) {
	t := c.node().GetCreateStmt()
	if t == nil {
		return
	}
	var fixed []string
	for _, u := range columnsOf(c.node()) {
		if d := typeOf(u.def.GetTypeName()); !d.array && widths[d.name] > 0 {
			fixed = append(fixed, d.name)
		}
	}
	best := slices.Clone(fixed)
	slices.SortStableFunc(best, func(a, b string) int { return aligned(b) - aligned(a) })
	if have, need := rowSize(fixed), rowSize(best); have > need {
		c.report("the fixed columns of %s take %d bytes a row in this order, %d in the best one", rangeName(t.GetRelation()), have, need)
	}
}

func aligned(typ string) int {
	if a, ok := alignments[typ]; ok {
		return a
	}
	return widths[typ]
}

// rowSize is the room that columns take in this order, rounded up as Postgres does.
func rowSize(types []string) int {
	size := 0
	for _, t := range types {
		a := aligned(t)
		size = (size+a-1)/a*a + widths[t]
	}
	return (size + 7) / 8 * 8
}
