package postgres

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// applyAll changes the model by a statement and what stands within it.
func (s *schema) applyAll(st *statement) {
	s.apply(st.node)
	for _, n := range st.block.statements {
		s.apply(n)
	}
}

// apply changes the model by one statement.
func (s *schema) apply(n *pg.Node) {
	switch {
	case n.GetCreateStmt() != nil:
		s.createTable(n.GetCreateStmt())
	case n.GetCreateForeignTableStmt() != nil:
		s.createTable(n.GetCreateForeignTableStmt().GetBaseStmt())
	case n.GetCreateTableAsStmt() != nil:
		s.createTableAs(n.GetCreateTableAsStmt())
	case n.GetAlterTableStmt() != nil:
		s.alterTable(n.GetAlterTableStmt())
	case n.GetRenameStmt() != nil:
		s.rename(n.GetRenameStmt())
	case n.GetIndexStmt() != nil:
		s.createIndex(n.GetIndexStmt())
	case n.GetDropStmt() != nil:
		s.drop(n.GetDropStmt())
	case n.GetViewStmt() != nil:
		s.views[rangeName(n.GetViewStmt().GetView()).key()] = true
	case n.GetCreateFunctionStmt() != nil:
		s.createFunction(n.GetCreateFunctionStmt())
	case n.GetCreateDomainStmt() != nil:
		d := n.GetCreateDomainStmt()
		key := listName(texts(d.GetDomainname())).key()
		s.created[key] = createdType
		s.domains[key] = domain{typeOf(d.GetTypeName()), checksIn(d.GetConstraints()), defaultIn(d.GetConstraints())}
	case n.GetAlterDomainStmt() != nil:
		s.alterDomain(n.GetAlterDomainStmt())
	case n.GetCreateSchemaStmt() != nil:
		s.created["schema "+n.GetCreateSchemaStmt().GetSchemaname()] = createdSchema
	case n.GetCompositeTypeStmt() != nil:
		s.created[rangeName(n.GetCompositeTypeStmt().GetTypevar()).key()] = createdType
	case n.GetAlterObjectSchemaStmt().GetObjectType() == pg.ObjectType_OBJECT_TABLE:
		m := n.GetAlterObjectSchemaStmt()
		s.moveTable(rangeName(m.GetRelation()), name{m.GetNewschema(), m.GetRelation().GetRelname()})
	case n.GetCreateEnumStmt() != nil:
		key := listName(texts(n.GetCreateEnumStmt().GetTypeName())).key()
		s.enums[key], s.created[key] = true, createdType
	case n.GetAlterEnumStmt() != nil:
		s.alterEnum(n.GetAlterEnumStmt())
	case n.GetSelectStmt().GetIntoClause() != nil:
		s.createTableAs(&pg.CreateTableAsStmt{Into: n.GetSelectStmt().GetIntoClause()})
	case n.GetVariableSetStmt() != nil:
		s.setVariable(n.GetVariableSetStmt())
	}
}

func (s *schema) createTable(c *pg.CreateStmt) {
	n := rangeName(c.GetRelation())
	if c.GetIfNotExists() && s.table(n) != nil && s.table(n).known {
		return
	}
	t := &table{
		name: n, known: true, temporary: c.GetRelation().GetRelpersistence() == "t", logged: c.GetRelation().GetRelpersistence() != "u",
		partitioned: c.GetPartspec() != nil, space: c.GetTablespacename(), method: c.GetAccessMethod(),
	}
	t.partitionKey(c.GetPartspec())
	s.tables[n.key()] = t
	s.created[n.key()] = createdTable
	if c.GetPartbound() != nil && len(c.GetInhRelations()) > 0 {
		parent := rangeName(c.GetInhRelations()[0].GetRangeVar())
		t.partitionOf = parent.key()
		s.inherit(t, parent)
		s.touch(parent).partitioned = true
		if c.GetPartbound().GetIsDefault() {
			s.touch(parent).hasDefault = true
		}
	}
	if c.GetPartbound() == nil {
		for _, parent := range c.GetInhRelations() {
			s.inherit(t, rangeName(parent.GetRangeVar()))
		}
	}
	for _, e := range c.GetTableElts() {
		switch {
		case e.GetColumnDef() != nil:
			s.addColumn(t, e.GetColumnDef())
		case e.GetConstraint() != nil:
			s.addConstraint(t, e.GetConstraint(), nil)
		case e.GetTableLikeClause() != nil:
			s.like(t, e.GetTableLikeClause())
		}
	}
}

// inherit copies the columns and, for a partition, what the parent demands of its rows.
func (s *schema) inherit(t *table, from name) {
	source := s.table(from)
	if source == nil {
		t.known = false
		return
	}
	t.known = source.known
	for _, c := range source.columns {
		copied := *c
		t.columns = append(t.columns, &copied)
	}
	if t.partitionOf == "" {
		return
	}
	for _, c := range source.constraints {
		copied := *c
		t.constraints = append(t.constraints, &copied)
	}
}

func (s *schema) createTableAs(c *pg.CreateTableAsStmt) {
	into := c.GetInto()
	n := rangeName(into.GetRel())
	t := &table{name: n, logged: into.GetRel().GetRelpersistence() != "u", temporary: into.GetRel().GetRelpersistence() == "t"}
	t.materialize = c.GetObjtype() == pg.ObjectType_OBJECT_MATVIEW
	s.tables[n.key()], s.created[n.key()] = t, createdTable
}

// addColumn adds a column with the constraints that stand behind it.
func (s *schema) addColumn(t *table, def *pg.ColumnDef) {
	if t.column(def.GetColname()) != nil {
		return
	}
	c := &column{name: def.GetColname(), typ: typeOf(def.GetTypeName())}
	c.notNull = def.GetIsNotNull() || c.typ.isSerial()
	c.fallback = def.GetRawDefault() != nil || c.typ.isSerial()
	t.columns = append(t.columns, c)
	for _, n := range def.GetConstraints() {
		k := n.GetConstraint()
		switch k.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			c.notNull = true
		case pg.ConstrType_CONSTR_DEFAULT, pg.ConstrType_CONSTR_GENERATED:
			c.fallback = true
		case pg.ConstrType_CONSTR_IDENTITY:
			c.fallback, c.notNull = true, true
		default:
			s.addConstraint(t, k, []string{c.name})
		}
	}
}

// addConstraint adds a constraint of a table; columns is the column it stands behind, if any.
func (s *schema) addConstraint(t *table, k *pg.Constraint, columns []string) {
	c := &constraint{name: k.GetConname(), kind: k.GetContype(), columns: columns, expr: k.GetRawExpr(), validated: !k.GetSkipValidation()}
	switch k.GetContype() {
	case pg.ConstrType_CONSTR_CHECK:
		c.columns = columnsIn(k.GetRawExpr())
	case pg.ConstrType_CONSTR_FOREIGN:
		if list := texts(k.GetFkAttrs()); len(list) > 0 {
			c.columns = list
		}
		c.refTable = rangeName(k.GetPktable()).key()
	case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE:
		s.keyConstraint(t, k, c)
	case pg.ConstrType_CONSTR_EXCLUSION:
	default:
		return
	}
	if c.name == "" {
		c.name = defaultName(t, c)
	}
	t.constraints = append(t.constraints, c)
}

// keyConstraint fills in a primary key or unique constraint, with its index.
func (s *schema) keyConstraint(t *table, k *pg.Constraint, c *constraint) {
	if list := texts(k.GetKeys()); len(list) > 0 {
		c.columns = list
	}
	if using := k.GetIndexname(); using != "" {
		if i := s.indexes[(name{t.name.schema, using}).key()]; i != nil {
			c.columns = i.columns
			delete(s.indexes, i.name.key())
		}
		if c.name == "" {
			c.name = using
		}
	}
	if c.name == "" {
		c.name = defaultName(t, c)
	}
	i := &index{name: name{t.name.schema, c.name}, table: t.name.key(), columns: c.columns, unique: true, count: len(c.columns)}
	s.indexes[i.name.key()] = i
	if c.kind == pg.ConstrType_CONSTR_PRIMARY {
		for _, column := range t.columns {
			column.notNull = column.notNull || slices.Contains(c.columns, column.name)
		}
	}
}

// defaultName is the name that Postgres gives a constraint without one, as long as it is not taken.
func defaultName(t *table, c *constraint) string {
	columns := strings.Join(c.columns, "_")
	switch c.kind {
	case pg.ConstrType_CONSTR_PRIMARY:
		return t.name.base + "_pkey"
	case pg.ConstrType_CONSTR_UNIQUE:
		return t.name.base + "_" + columns + "_key"
	case pg.ConstrType_CONSTR_FOREIGN:
		return t.name.base + "_" + columns + "_fkey"
	case pg.ConstrType_CONSTR_CHECK:
		if len(c.columns) == 1 {
			return t.name.base + "_" + columns + "_check"
		}
		return t.name.base + "_check"
	default:
		return t.name.base + "_" + columns + "_excl"
	}
}

func (s *schema) createIndex(i *pg.IndexStmt) {
	t := rangeName(i.GetRelation())
	made := &index{name: name{t.schema, i.GetIdxname()}, table: t.key(), unique: i.GetUnique(), partial: i.GetWhereClause() != nil, count: len(i.GetIndexParams()), reads: columnsIn(i.GetWhereClause())}
	for _, p := range i.GetIndexParams() {
		if c := p.GetIndexElem().GetName(); c != "" {
			made.columns = append(made.columns, c)
		}
		made.reads = append(made.reads, columnsIn(p.GetIndexElem().GetExpr())...)
	}
	if made.name.base == "" {
		made.name.base = strings.Join(append(append([]string{t.base}, made.columns...), "idx"), "_")
	}
	for s.indexes[made.name.key()] != nil {
		if i.GetIdxname() != "" {
			return // IF NOT EXISTS, or an error when it runs
		}
		made.name.base += "1"
	}
	s.indexes[made.name.key()] = made
	s.created["index "+made.name.key()] = createdIndex
}

func (s *schema) createFunction(f *pg.CreateFunctionStmt) {
	volatile := true
	for _, o := range f.GetOptions() {
		if d := o.GetDefElem(); d.GetDefname() == "volatility" {
			volatile = d.GetArg().GetString_().GetSval() == "volatile"
		}
	}
	s.volatile[listName(texts(f.GetFuncname())).key()] = volatile
}

func (s *schema) alterEnum(a *pg.AlterEnumStmt) {
	if a.GetNewVal() != "" && a.GetOldVal() == "" {
		s.newValues[a.GetNewVal()] = listName(texts(a.GetTypeName())).key()
	}
}

// checksIn reports whether a domain's constraints hold more than a default.
func checksIn(constraints []*pg.Node) bool {
	return slices.ContainsFunc(constraints, func(n *pg.Node) bool {
		kind := n.GetConstraint().GetContype()
		return kind == pg.ConstrType_CONSTR_CHECK || kind == pg.ConstrType_CONSTR_NOTNULL
	})
}

// defaultIn returns the default among constraints, nil when there is none.
func defaultIn(constraints []*pg.Node) *pg.Node {
	for _, n := range constraints {
		if k := n.GetConstraint(); k.GetContype() == pg.ConstrType_CONSTR_DEFAULT {
			return k.GetRawExpr()
		}
	}
	return nil
}

func (s *schema) alterDomain(a *pg.AlterDomainStmt) {
	key := listName(texts(a.GetTypeName())).key()
	d, ok := s.domains[key]
	if !ok {
		return
	}
	switch a.GetSubtype() {
	case "C", "O":
		d.checked = true
	case "T":
		d.fallback = a.GetDef()
	}
	s.domains[key] = d
}

// defaultOf returns the default that a new column gets: its own, or that of its domain.
func (s *schema) defaultOf(def *pg.ColumnDef) *pg.Node {
	if own := defaultIn(def.GetConstraints()); own != nil {
		return own
	}
	return s.domains[typeKey(def.GetTypeName())].fallback
}

func (s *schema) setVariable(v *pg.VariableSetStmt) {
	if !strings.EqualFold(v.GetName(), "timezone") {
		return
	}
	s.zone = ""
	if len(v.GetArgs()) > 0 {
		s.zone = strings.ToLower(v.GetArgs()[0].GetAConst().GetSval().GetSval())
	}
}
