package postgres

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/rule"
)

// Lock is a lock on a table, by strength.
type Lock uint8

// The locks.
const (
	NoLock Lock = iota
	AccessShare
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

// String returns the name that Postgres uses, "" for none.
func (l Lock) String() string {
	return [...]string{
		"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
	}[l]
}

// Effect is what a statement does to one table, by what was measured on servers.
type Effect struct {
	// Table is the table, as the statement names it.
	Table string
	// Lock is the strongest lock on it.
	Lock Lock
	// Scan is true when all rows are read under the lock; Rewrite when heap and indexes are written anew.
	Scan, Rewrite bool
	// New is true when the file itself made the table, so that the lock stops nobody.
	New bool
	key string
}

// Effects returns what each statement of the file does to tables, upon the schema that setup leaves. A plan shows it, and the locks of
// findings come from it. Tables that a statement touches without its text or the schema saying so are not in it.
func Effects(setup []rule.File, file rule.File, opts rule.Options) [][]Effect {
	s := newSchema()
	for _, f := range setup {
		for _, st := range readFile(f, rule.Options{}).statements {
			s.applyAll(st)
		}
	}
	s.created = map[string]createdObj{}
	c := &context{schema: s, file: readFile(file, opts)}
	var list [][]Effect
	for _, st := range c.file.statements {
		c.stmt = st
		list = append(list, s.effectsOf(st, version(opts.ServerVersion)))
		for _, c.part = range parts(st) {
			c.apply()
		}
	}
	return list
}

// effectsOf works out what a statement does to tables, upon the schema before it.
func (s *schema) effectsOf(st *statement, version float64) []Effect {
	e := &effects{schema: s, version: version}
	if st.node == nil {
		e.byTokens(st.tokens)
	} else {
		e.byNode(st.node)
	}
	for _, n := range st.block.statements {
		e.byNode(n)
	}
	for i := range e.list {
		e.list[i].New = s.created[e.list[i].key] == createdTable || (s.tables[e.list[i].key] != nil && s.tables[e.list[i].key].temporary)
	}
	return e.list
}

// effects collects the effects of one statement.
type effects struct {
	schema  *schema
	version float64
	list    []Effect
}

// add merges an effect into those of its table.
func (e *effects) add(n name, lock Lock, scan, rewrite bool) {
	if n.base == "" {
		return
	}
	for i := range e.list {
		if have := &e.list[i]; have.key == n.key() {
			have.Lock, have.Scan, have.Rewrite = max(have.Lock, lock), have.Scan || scan, have.Rewrite || rewrite
			return
		}
	}
	e.list = append(e.list, Effect{Table: n.String(), Lock: lock, Scan: scan, Rewrite: rewrite, key: n.key()})
}

func (e *effects) byNode(n *pg.Node) {
	switch {
	case n.GetAlterTableStmt() != nil:
		e.alterTable(n.GetAlterTableStmt())
	case n.GetCreateStmt() != nil:
		e.createTable(n.GetCreateStmt())
	case n.GetIndexStmt() != nil:
		i := n.GetIndexStmt()
		only := !i.GetRelation().GetInh()
		if i.GetConcurrent() {
			e.add(rangeName(i.GetRelation()), ShareUpdateExclusive, true, false)
		} else {
			e.add(rangeName(i.GetRelation()), Share, !only, false)
		}
	case n.GetDropStmt() != nil:
		e.drop(n.GetDropStmt())
	case n.GetRenameStmt() != nil:
		e.rename(n.GetRenameStmt())
	case n.GetAlterObjectSchemaStmt().GetObjectType() == pg.ObjectType_OBJECT_TABLE:
		e.add(rangeName(n.GetAlterObjectSchemaStmt().GetRelation()), AccessExclusive, false, false)
	case n.GetTruncateStmt() != nil:
		for _, r := range n.GetTruncateStmt().GetRelations() {
			e.add(rangeName(r.GetRangeVar()), AccessExclusive, false, false)
		}
	case n.GetLockStmt() != nil:
		for _, r := range n.GetLockStmt().GetRelations() {
			e.add(rangeName(r.GetRangeVar()), Lock(n.GetLockStmt().GetMode()), false, false)
		}
	case n.GetCreateTrigStmt() != nil:
		e.add(rangeName(n.GetCreateTrigStmt().GetRelation()), ShareRowExclusive, false, false)
	case n.GetRuleStmt() != nil:
		e.add(rangeName(n.GetRuleStmt().GetRelation()), AccessExclusive, false, false)
	case n.GetCreatePolicyStmt() != nil:
		e.add(rangeName(n.GetCreatePolicyStmt().GetTable()), AccessExclusive, false, false)
	case n.GetAlterPolicyStmt() != nil:
		e.add(rangeName(n.GetAlterPolicyStmt().GetTable()), AccessExclusive, false, false)
	case n.GetRefreshMatViewStmt() != nil:
		e.refresh(n.GetRefreshMatViewStmt())
	case n.GetReindexStmt() != nil:
		e.reindex(n.GetReindexStmt())
	case n.GetClusterStmt() != nil:
		e.add(rangeName(n.GetClusterStmt().GetRelation()), AccessExclusive, true, true)
	case n.GetVacuumStmt() != nil:
		e.vacuum(n.GetVacuumStmt())
	case n.GetAlterTableMoveAllStmt() == nil:
		e.small(n)
	}
}

// small are statements that stop no writer.
func (e *effects) small(n *pg.Node) {
	switch {
	case n.GetCommentStmt() != nil:
		c := n.GetCommentStmt()
		if c.GetObjtype() == pg.ObjectType_OBJECT_TABLE {
			e.add(objectName(c.GetObject()), ShareUpdateExclusive, false, false)
		}
		if parts := texts(c.GetObject().GetList().GetItems()); c.GetObjtype() == pg.ObjectType_OBJECT_COLUMN && len(parts) > 1 {
			e.add(listName(parts[:len(parts)-1]), ShareUpdateExclusive, false, false)
		}
	case n.GetCreateStatsStmt() != nil:
		for _, r := range n.GetCreateStatsStmt().GetRelations() {
			e.add(rangeName(r.GetRangeVar()), ShareUpdateExclusive, false, false)
		}
	case n.GetUpdateStmt() != nil:
		e.add(rangeName(n.GetUpdateStmt().GetRelation()), RowExclusive, n.GetUpdateStmt().GetWhereClause() == nil, false)
	case n.GetDeleteStmt() != nil:
		e.add(rangeName(n.GetDeleteStmt().GetRelation()), RowExclusive, n.GetDeleteStmt().GetWhereClause() == nil, false)
	case n.GetInsertStmt() != nil:
		e.add(rangeName(n.GetInsertStmt().GetRelation()), RowExclusive, false, false)
	case n.GetMergeStmt() != nil:
		e.add(rangeName(n.GetMergeStmt().GetRelation()), RowExclusive, false, false)
	}
}

func (e *effects) createTable(c *pg.CreateStmt) {
	if c.GetPartbound() != nil && len(c.GetInhRelations()) > 0 {
		e.add(rangeName(c.GetInhRelations()[0].GetRangeVar()), AccessExclusive, false, false)
	}
	for _, k := range constraintsOf(c) {
		if k.constraint.GetContype() == pg.ConstrType_CONSTR_FOREIGN {
			e.add(rangeName(k.constraint.GetPktable()), ShareRowExclusive, false, false)
		}
	}
}

func (e *effects) drop(d *pg.DropStmt) {
	for _, o := range d.GetObjects() {
		switch d.GetRemoveType() {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_MATVIEW:
			e.add(objectName(o), AccessExclusive, false, false)
		case pg.ObjectType_OBJECT_INDEX:
			if i := e.schema.indexes[objectName(o).key()]; i != nil {
				lock := AccessExclusive
				if d.GetConcurrent() {
					lock = ShareUpdateExclusive
				}
				e.add(e.tableName(i.table), lock, false, false)
			}
		case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
			if parts := texts(o.GetList().GetItems()); len(parts) > 1 {
				e.add(listName(parts[:len(parts)-1]), AccessExclusive, false, false)
			}
		}
	}
}

// tableName returns the name behind a key.
func (e *effects) tableName(key string) name {
	if t := e.schema.tables[key]; t != nil {
		return t.name
	}
	return name{base: key}
}

func (e *effects) rename(r *pg.RenameStmt) {
	kinds := []pg.ObjectType{pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_TABCONSTRAINT, pg.ObjectType_OBJECT_MATVIEW}
	if slices.Contains(kinds, r.GetRenameType()) {
		e.add(rangeName(r.GetRelation()), AccessExclusive, false, false)
	}
}

func (e *effects) refresh(r *pg.RefreshMatViewStmt) {
	if r.GetConcurrent() {
		e.add(rangeName(r.GetRelation()), Exclusive, true, false)
		return
	}
	e.add(rangeName(r.GetRelation()), AccessExclusive, !r.GetSkipData(), !r.GetSkipData())
}

func (e *effects) reindex(r *pg.ReindexStmt) {
	lock := Share
	if concurrently(r.GetParams()) {
		lock = ShareUpdateExclusive
	}
	switch r.GetKind() {
	case pg.ReindexObjectType_REINDEX_OBJECT_TABLE:
		e.add(rangeName(r.GetRelation()), lock, true, false)
	case pg.ReindexObjectType_REINDEX_OBJECT_INDEX:
		if i := e.schema.indexes[rangeName(r.GetRelation()).key()]; i != nil {
			e.add(e.tableName(i.table), lock, true, false)
		}
	}
}

func (e *effects) vacuum(v *pg.VacuumStmt) {
	full := vacuumFull(v)
	for _, r := range v.GetRels() {
		n := rangeName(r.GetVacuumRelation().GetRelation())
		if full {
			e.add(n, AccessExclusive, true, true)
		} else {
			e.add(n, ShareUpdateExclusive, v.GetIsVacuumcmd(), false) // ANALYZE alone takes a sample
		}
	}
}

// byTokens is the cautious verdict on a statement that the grammar refuses: what it names as its table is locked, scanned and rewritten.
func (e *effects) byTokens(list []token) {
	if n, head := target(list); n.base != "" && head != "CREATE" {
		e.add(n, AccessExclusive, true, true)
	}
}
