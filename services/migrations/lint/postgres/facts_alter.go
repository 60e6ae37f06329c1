package postgres

import pg "github.com/pganalyze/pg_query_go/v6"

// alterTable adds what the commands of an ALTER TABLE do.
func (e *effects) alterTable(a *pg.AlterTableStmt) {
	if a.GetObjtype() != pg.ObjectType_OBJECT_TABLE && a.GetObjtype() != pg.ObjectType_OBJECT_MATVIEW {
		return
	}
	n := rangeName(a.GetRelation())
	before := e.schema
	if len(a.GetCmds()) > 1 {
		e.schema = before.fork(n)
	}
	for _, c := range inPasses(a.GetCmds()) {
		e.alter(n, c.GetAlterTableCmd())
		if e.schema != before {
			e.schema.alter(e.schema.touch(n), c.GetAlterTableCmd())
		}
	}
	e.schema = before
}

// mild are the commands of ALTER TABLE that take less than ACCESS EXCLUSIVE and read no rows.
var mild = map[pg.AlterTableType]Lock{
	pg.AlterTableType_AT_SetStatistics:     ShareUpdateExclusive,
	pg.AlterTableType_AT_SetRelOptions:     ShareUpdateExclusive,
	pg.AlterTableType_AT_ResetRelOptions:   ShareUpdateExclusive,
	pg.AlterTableType_AT_SetOptions:        ShareUpdateExclusive,
	pg.AlterTableType_AT_ResetOptions:      ShareUpdateExclusive,
	pg.AlterTableType_AT_ClusterOn:         ShareUpdateExclusive,
	pg.AlterTableType_AT_DropCluster:       ShareUpdateExclusive,
	pg.AlterTableType_AT_EnableTrig:        ShareRowExclusive,
	pg.AlterTableType_AT_EnableTrigAll:     ShareRowExclusive,
	pg.AlterTableType_AT_EnableTrigUser:    ShareRowExclusive,
	pg.AlterTableType_AT_EnableAlwaysTrig:  ShareRowExclusive,
	pg.AlterTableType_AT_EnableReplicaTrig: ShareRowExclusive,
	pg.AlterTableType_AT_DisableTrig:       ShareRowExclusive,
	pg.AlterTableType_AT_DisableTrigAll:    ShareRowExclusive,
	pg.AlterTableType_AT_DisableTrigUser:   ShareRowExclusive,
}

func (e *effects) alter(n name, c *pg.AlterTableCmd) {
	if lock, ok := mild[c.GetSubtype()]; ok {
		e.add(n, lock, false, false)
		return
	}
	t := e.schema.table(n)
	scan, rewritten := false, false
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		scan, rewritten = e.addColumn(c.GetDef().GetColumnDef())
	case pg.AlterTableType_AT_AddConstraint:
		e.addConstraint(n, c.GetDef().GetConstraint())
		return
	case pg.AlterTableType_AT_ValidateConstraint:
		e.validate(n, c.GetName())
		return
	case pg.AlterTableType_AT_SetNotNull:
		known := t.column(c.GetName())
		scan = (e.version < 12 || !t.provenNotNull(c.GetName())) && (known == nil || !known.notNull)
	case pg.AlterTableType_AT_AlterColumnType:
		cost := e.schema.typeCost(n, c, e.version)
		scan, rewritten = cost != free || t.checked(c.GetName()), cost == rewrite
	case pg.AlterTableType_AT_SetExpression:
		scan, rewritten = true, true
	case pg.AlterTableType_AT_SetLogged, pg.AlterTableType_AT_SetUnLogged, pg.AlterTableType_AT_SetTableSpace, pg.AlterTableType_AT_SetAccessMethod:
		rewritten = !e.schema.sameStorage(n, c)
		scan = rewritten
	case pg.AlterTableType_AT_AttachPartition:
		p := c.GetDef().GetPartitionCmd()
		e.add(n, ShareUpdateExclusive, false, false)
		e.add(rangeName(p.GetName()), AccessExclusive, !e.schema.attachProven(n, p), false)
		return
	case pg.AlterTableType_AT_DetachPartition:
		p := c.GetDef().GetPartitionCmd()
		if p.GetConcurrent() {
			e.add(n, ShareUpdateExclusive, false, false)
			e.add(rangeName(p.GetName()), AccessExclusive, false, false)
			return
		}
		e.add(rangeName(p.GetName()), AccessExclusive, false, false)
	case pg.AlterTableType_AT_DetachPartitionFinalize:
		e.add(n, ShareUpdateExclusive, false, false)
		return
	}
	e.add(n, AccessExclusive, scan, rewritten)
}

// addColumn returns whether ADD COLUMN scans and rewrites, and adds the lock on a referenced table.
func (e *effects) addColumn(def *pg.ColumnDef) (scan, rewritten bool) {
	rewritten = typeOf(def.GetTypeName()).isSerial() || e.schema.domains[typeKey(def.GetTypeName())].checked || e.schema.volatileCall(e.schema.defaultOf(def)) != ""
	for _, node := range def.GetConstraints() {
		k := node.GetConstraint()
		switch k.GetContype() {
		case pg.ConstrType_CONSTR_IDENTITY, pg.ConstrType_CONSTR_GENERATED:
			rewritten = true
		case pg.ConstrType_CONSTR_DEFAULT:
			rewritten = rewritten || e.version < 11
		case pg.ConstrType_CONSTR_CHECK, pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_EXCLUSION:
			scan = true
		case pg.ConstrType_CONSTR_FOREIGN:
			e.add(rangeName(k.GetPktable()), ShareRowExclusive, false, false)
		}
	}
	return scan || rewritten, rewritten
}

func (e *effects) addConstraint(n name, k *pg.Constraint) {
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_FOREIGN:
		e.add(n, ShareRowExclusive, !k.GetSkipValidation(), false)
		e.add(rangeName(k.GetPktable()), ShareRowExclusive, !k.GetSkipValidation(), false)
	case pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY:
		e.add(n, AccessExclusive, k.GetIndexname() == "", false)
	default:
		e.add(n, AccessExclusive, !k.GetSkipValidation(), false)
	}
}

func (e *effects) validate(n name, constraint string) {
	e.add(n, ShareUpdateExclusive, true, false)
	if k := e.schema.table(n).constraint(constraint); k != nil && k.kind == pg.ConstrType_CONSTR_FOREIGN {
		e.add(e.tableName(k.refTable), RowShare, true, false)
	}
}

// typeCost is what an ALTER COLUMN TYPE costs, the highest when the old type is not known or USING computes a value.
func (s *schema) typeCost(n name, c *pg.AlterTableCmd, version float64) cost {
	def := c.GetDef().GetColumnDef()
	old := s.table(n).column(c.GetName())
	if old == nil || def.GetRawDefault() != nil && !plainCast(def.GetRawDefault(), c.GetName()) {
		return rewrite
	}
	from, to := old.typ, typeOf(def.GetTypeName())
	if d, ok := s.domains[from.name]; ok {
		from = d.base
	}
	if d, ok := s.domains[to.name]; ok && !d.checked {
		to = d.base
	}
	indexed := s.indexed(n.key(), c.GetName())
	found := changeCost(from, to, indexed, s.utc(), version)
	if found == free && (indexed && def.GetCollClause() != nil || s.computed(n.key(), c.GetName())) {
		return rescan // the index is sorted, or computed, anew
	}
	return found
}

// plainCast reports whether USING is the column itself or its cast, which is what ALTER does without it.
func plainCast(expr *pg.Node, column string) bool {
	if cast := expr.GetTypeCast(); cast != nil {
		expr = cast.GetArg()
	}
	parts := texts(expr.GetColumnRef().GetFields())
	return len(parts) > 0 && parts[len(parts)-1] == column
}

// sameStorage reports whether SET LOGGED, TABLESPACE or ACCESS METHOD leaves the table where it is.
func (s *schema) sameStorage(n name, c *pg.AlterTableCmd) bool {
	t := s.table(n)
	if t == nil || !t.known {
		return false
	}
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_SetLogged:
		return t.logged
	case pg.AlterTableType_AT_SetUnLogged:
		return !t.logged
	case pg.AlterTableType_AT_SetTableSpace:
		return c.GetName() == t.space || (c.GetName() == "pg_default" && t.space == "")
	default:
		return c.GetName() == t.method || (t.method == "" && (c.GetName() == "heap" || c.GetName() == ""))
	}
}
