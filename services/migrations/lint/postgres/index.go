package postgres

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// indexRules are the rules on indexes: building and dropping them while the table is in use.
func indexRules() []check {
	return []check{
		{rule.Rule{
			Name: "require-concurrent-index-creation", Severity: rule.Error,
			Reason:      "CREATE INDEX holds SHARE on the table while it reads all of it, so nobody writes until the index is built",
			Alternative: "CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON table (columns);",
		}, requireConcurrentIndexCreation, nil},
		{rule.Rule{
			Name: "require-concurrent-index-deletion", Severity: rule.Warning,
			Reason:      "DROP INDEX takes ACCESS EXCLUSIVE on the table: behind one long query it stops every later reader and writer",
			Alternative: "DROP INDEX CONCURRENTLY IF EXISTS name;",
		}, requireConcurrentIndexDeletion, nil},
		{rule.Rule{
			Name: "require-concurrent-reindex", Severity: rule.Error,
			Reason:      "REINDEX holds SHARE on the table and ACCESS EXCLUSIVE on each index while it builds them anew",
			Alternative: "REINDEX INDEX CONCURRENTLY name;",
		}, requireConcurrentReindex, nil},
		{rule.Rule{
			Name: "index-on-partitioned-table", Severity: rule.Error,
			Reason:      "CREATE INDEX on a partitioned table holds SHARE on it and all its partitions, and CONCURRENTLY is refused there",
			Alternative: "CREATE INDEX i ON ONLY parent (c); CREATE INDEX CONCURRENTLY p_i ON partition (c); ALTER INDEX i ATTACH PARTITION p_i;",
		}, indexOnPartitioned, nil},
		{rule.Rule{
			Name: "adding-unique-index-data-dependent", Severity: rule.Warning,
			Reason:      "uniqueness on rows that are there fails when they hold duplicates, after the whole table was read",
			Alternative: "SELECT columns, count(*) FROM table GROUP BY columns HAVING count(*) > 1;",
		}, addingUniqueIndex, nil},
		{rule.Rule{
			Name: "multiple-index-builds", Severity: rule.Warning,
			Reason:      "several index builds in one file read the disk one after another, and a failure in the middle leaves some of them",
			Alternative: "one index per file",
		}, multipleIndexBuilds, nil},
		{rule.Rule{
			Name: "index-build-load", Severity: rule.Info,
			Reason:      "an index build reads the whole table twice and writes the index, also CONCURRENTLY",
			Alternative: "run it when the disk is quiet",
		}, indexBuildLoad, nil},
		{rule.Rule{
			Name: "dropping-index-performance", Severity: rule.Info,
			Reason:      "queries that used the index become slower at once",
			Alternative: "SELECT idx_scan, last_idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'name';",
		}, droppingIndex, nil},
		{rule.Rule{
			Name: "impacts-performance", Severity: rule.Info,
			Reason:      "ANALYZE samples the table and may change the plans of its queries",
			Alternative: "leave it to autovacuum, or run it when the table is quiet",
		}, impactsPerformance, nil},
		{rule.Rule{
			Name: "add-index-corruption", Severity: rule.Error,
			Reason:      "CREATE INDEX CONCURRENTLY of Postgres 14.0 to 14.3 may leave rows out of the index",
			Alternative: "upgrade to 14.4 or later first",
		}, indexCorruption, nil},
	}
}

// requireConcurrentIndexCreation reports CREATE INDEX on a table in use. ON ONLY a partitioned parent builds nothing and passes.
func requireConcurrentIndexCreation(c *context) {
	i := c.node().GetIndexStmt()
	if i == nil || i.GetConcurrent() || !i.GetRelation().GetInh() || !c.existing(rangeName(i.GetRelation())) {
		return
	}
	n := rangeName(i.GetRelation())
	c.suggest(concurrentIndex(newIndexes(c.node())[0]), "building the index holds SHARE on %s while it reads the whole table: nobody writes to it until then", n)
}

// concurrentIndex is the same index, built without stopping writers.
func concurrentIndex(u indexUse) string {
	unique, columns := "", "columns"
	if u.unique {
		unique = "UNIQUE "
	}
	if len(u.columns) == u.count && u.count > 0 {
		columns = quoteAll(u.columns)
	}
	n := u.name
	if n == "" {
		n = strings.Join(append(append([]string{u.table.base}, u.columns...), "idx"), "_")
	}
	return fmt.Sprintf("-- devtrail: no-transaction\nCREATE %sINDEX CONCURRENTLY IF NOT EXISTS %s ON %s (%s);", unique, quote(n), u.table, columns)
}

// requireConcurrentIndexDeletion reports DROP INDEX of an index that the file did not make.
func requireConcurrentIndexDeletion(c *context) {
	if d := c.node().GetDropStmt(); d.GetConcurrent() {
		return
	}
	for _, n := range c.drops(pg.ObjectType_OBJECT_INDEX) {
		if i := c.schema.indexes[n.key()]; i != nil && c.schema.created[i.table] == createdTable {
			continue
		}
		c.suggest(fmt.Sprintf("-- devtrail: no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS %s;", n),
			"dropping the index %s takes ACCESS EXCLUSIVE on its table: behind one long query it stops every later reader and writer", n)
	}
}

// requireConcurrentReindex reports REINDEX without CONCURRENTLY. REINDEX SYSTEM has no such form.
func requireConcurrentReindex(c *context) {
	r := c.node().GetReindexStmt()
	if r == nil || concurrently(r.GetParams()) || r.GetKind() == pg.ReindexObjectType_REINDEX_OBJECT_SYSTEM {
		return
	}
	kind := strings.TrimPrefix(r.GetKind().String(), "REINDEX_OBJECT_")
	what := r.GetName()
	if r.GetRelation() != nil {
		if !c.existing(rangeName(r.GetRelation())) {
			return
		}
		what = rangeName(r.GetRelation()).String()
	}
	c.suggest(fmt.Sprintf("-- devtrail: no-transaction\nREINDEX %s CONCURRENTLY %s;", kind, what),
		"REINDEX %s %s stops writers, and readers that would use the indexes, until they are built anew", kind, what)
}

// indexOnPartitioned reports an index on a table that is known to be partitioned, unless it is made ON ONLY the parent.
func indexOnPartitioned(c *context) {
	i := c.node().GetIndexStmt()
	if i == nil || !i.GetRelation().GetInh() {
		return
	}
	n := rangeName(i.GetRelation())
	if t := c.schema.table(n); t != nil && t.partitioned && (c.existing(n) || i.GetConcurrent()) {
		c.report("%s is partitioned: the index is built on all partitions under SHARE, and CONCURRENTLY is refused", n)
	}
}

// addingUniqueIndex reports a unique index or constraint over rows that are there. USING INDEX adds no new demand.
func addingUniqueIndex(c *context) {
	for _, i := range newIndexes(c.node()) {
		if i.unique && c.existing(i.table) && !tableIsMade(c.node()) {
			c.suggest(fmt.Sprintf("SELECT %s, count(*) FROM %s GROUP BY %[1]s HAVING count(*) > 1;", quoteAll(i.columns), i.table),
				"uniqueness of (%s) fails when the rows of %s hold duplicates", quoteAll(i.columns), i.table)
		}
	}
}

func tableIsMade(n *pg.Node) bool { return tableDefinition(n) != nil }

// multipleIndexBuilds reports each index build of a file after the first one.
func multipleIndexBuilds(c *context) {
	if !buildsIndex(c, c.stmt) {
		return
	}
	for _, e := range c.file.statements[:c.stmt.index] {
		if buildsIndex(c, e) {
			c.report("the file builds another index in line %d: they load the disk together, and a failure in the middle leaves some of them", e.line)
			return
		}
	}
}

func buildsIndex(c *context, st *statement) bool {
	i := st.node.GetIndexStmt()
	return i != nil && c.existing(rangeName(i.GetRelation()))
}

// indexBuildLoad tells of the load of a build.
func indexBuildLoad(c *context) {
	if buildsIndex(c, c.stmt) {
		c.report("the build reads all of %s and writes the index", rangeName(c.node().GetIndexStmt().GetRelation()))
	}
}

// droppingIndex tells that queries may become slower.
func droppingIndex(c *context) {
	for _, n := range c.drops(pg.ObjectType_OBJECT_INDEX) {
		c.report("queries that used the index %s become slower at once", n)
	}
}

// impactsPerformance tells of ANALYZE.
func impactsPerformance(c *context) {
	if v := c.node().GetVacuumStmt(); v != nil && (!v.GetIsVacuumcmd() || flag(v.GetOptions(), "analyze")) {
		c.report("ANALYZE samples the table and may change the plans of its queries")
	}
}

// indexCorruption reports index builds with CONCURRENTLY on the servers with the mistake.
func indexCorruption(c *context) {
	builds := c.node().GetIndexStmt().GetConcurrent() || c.node().GetReindexStmt() != nil && concurrently(c.node().GetReindexStmt().GetParams())
	if builds && c.version >= 14 && c.version < 14.04 && c.opts.ServerVersion != "14" {
		c.report("the index may miss rows that are updated during its build on Postgres %s", c.opts.ServerVersion)
	}
}
