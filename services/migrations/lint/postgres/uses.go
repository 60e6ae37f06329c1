package postgres

import pg "github.com/pganalyze/pg_query_go/v6"

// columnUse is a column that a statement makes or gives another type.
type columnUse struct {
	table   name
	def     *pg.ColumnDef
	name    string
	created bool // in CREATE TABLE
	retype  bool // ALTER COLUMN TYPE
}

// constraintUse is a constraint that a statement makes.
type constraintUse struct {
	table      name
	constraint *pg.Constraint
	columns    []string
	def        *pg.ColumnDef // the new column that it stands behind, nil for a constraint of the table
	created    bool          // in CREATE TABLE
}

// indexUse is an index that a statement makes, also behind a constraint.
type indexUse struct {
	name       string
	table      name
	columns    []string
	count      int // of columns and expressions
	unique     bool
	concurrent bool
	partial    bool
	constraint bool
	only       bool // ON ONLY a partitioned parent
}

// tableDefinition returns what CREATE TABLE makes, nil for another statement.
func tableDefinition(n *pg.Node) *pg.CreateStmt {
	if n.GetCreateForeignTableStmt() != nil {
		return n.GetCreateForeignTableStmt().GetBaseStmt()
	}
	return n.GetCreateStmt()
}

// columnsOf returns the columns that a statement makes or gives another type.
func columnsOf(n *pg.Node) []columnUse {
	var list []columnUse
	if c := tableDefinition(n); c != nil {
		for _, e := range c.GetTableElts() {
			if def := e.GetColumnDef(); def != nil {
				list = append(list, columnUse{table: rangeName(c.GetRelation()), def: def, name: def.GetColname(), created: true})
			}
		}
	}
	for _, a := range altersOf(n, pg.AlterTableType_AT_AddColumn, pg.AlterTableType_AT_AlterColumnType) {
		use := columnUse{table: a.table, def: a.cmd.GetDef().GetColumnDef(), name: a.cmd.GetDef().GetColumnDef().GetColname()}
		if a.cmd.GetSubtype() == pg.AlterTableType_AT_AlterColumnType {
			use.retype, use.name = true, a.cmd.GetName()
		}
		list = append(list, use)
	}
	return list
}

// constraintsOf returns the constraints of a CREATE TABLE.
func constraintsOf(c *pg.CreateStmt) []constraintUse {
	var list []constraintUse
	n := rangeName(c.GetRelation())
	for _, e := range c.GetTableElts() {
		if def := e.GetColumnDef(); def != nil {
			list = append(list, inlineConstraints(n, def, true)...)
		}
		if k := e.GetConstraint(); k != nil {
			list = append(list, constraintUse{table: n, constraint: k, columns: constraintColumns(k), created: true})
		}
	}
	return list
}

// newConstraints returns the constraints that a statement makes.
func newConstraints(n *pg.Node) []constraintUse {
	if c := tableDefinition(n); c != nil {
		return constraintsOf(c)
	}
	var list []constraintUse
	for _, a := range altersOf(n, pg.AlterTableType_AT_AddColumn, pg.AlterTableType_AT_AddConstraint) {
		if k := a.cmd.GetDef().GetConstraint(); k != nil {
			list = append(list, constraintUse{table: a.table, constraint: k, columns: constraintColumns(k)})
		} else {
			list = append(list, inlineConstraints(a.table, a.cmd.GetDef().GetColumnDef(), false)...)
		}
	}
	return list
}

func inlineConstraints(table name, def *pg.ColumnDef, created bool) []constraintUse {
	var list []constraintUse
	for _, c := range def.GetConstraints() {
		if k := c.GetConstraint(); k != nil {
			list = append(list, constraintUse{table: table, constraint: k, columns: []string{def.GetColname()}, def: def, created: created})
		}
	}
	return list
}

// constraintColumns returns the columns that a constraint of a table names.
func constraintColumns(k *pg.Constraint) []string {
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_FOREIGN:
		return texts(k.GetFkAttrs())
	case pg.ConstrType_CONSTR_CHECK:
		return columnsIn(k.GetRawExpr())
	default:
		return texts(k.GetKeys())
	}
}

// newIndexes returns the indexes that a statement makes.
func newIndexes(n *pg.Node) []indexUse {
	var list []indexUse
	if i := n.GetIndexStmt(); i != nil {
		use := indexUse{
			name: i.GetIdxname(), table: rangeName(i.GetRelation()), count: len(i.GetIndexParams()), unique: i.GetUnique(),
			concurrent: i.GetConcurrent(), partial: i.GetWhereClause() != nil, only: !i.GetRelation().GetInh(),
		}
		for _, p := range i.GetIndexParams() {
			if c := p.GetIndexElem().GetName(); c != "" {
				use.columns = append(use.columns, c)
			}
		}
		return []indexUse{use}
	}
	for _, k := range newConstraints(n) {
		kind := k.constraint.GetContype()
		if (kind == pg.ConstrType_CONSTR_PRIMARY || kind == pg.ConstrType_CONSTR_UNIQUE) && k.constraint.GetIndexname() == "" {
			list = append(list, indexUse{name: k.constraint.GetConname(), table: k.table, columns: k.columns, count: len(k.columns), unique: true, constraint: true})
		}
	}
	return list
}

// alterUse is one command of an ALTER TABLE.
type alterUse struct {
	table name
	cmd   *pg.AlterTableCmd
}

// altersOf returns the commands of an ALTER TABLE that are of these kinds, all when none is given.
func altersOf(n *pg.Node, kinds ...pg.AlterTableType) []alterUse {
	a := n.GetAlterTableStmt()
	if a == nil || (a.GetObjtype() != pg.ObjectType_OBJECT_TABLE && a.GetObjtype() != pg.ObjectType_OBJECT_MATVIEW) {
		return nil
	}
	var list []alterUse
	for _, c := range a.GetCmds() {
		cmd := c.GetAlterTableCmd()
		for _, k := range kinds {
			if cmd.GetSubtype() == k {
				list = append(list, alterUse{rangeName(a.GetRelation()), cmd})
			}
		}
		if len(kinds) == 0 {
			list = append(list, alterUse{rangeName(a.GetRelation()), cmd})
		}
	}
	return list
}
