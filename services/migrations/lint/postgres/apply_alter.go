package postgres

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// alterTable changes the model by the commands of an ALTER TABLE.
func (s *schema) alterTable(a *pg.AlterTableStmt) {
	if a.GetObjtype() != pg.ObjectType_OBJECT_TABLE && a.GetObjtype() != pg.ObjectType_OBJECT_MATVIEW {
		return
	}
	t := s.touch(rangeName(a.GetRelation()))
	for _, n := range inPasses(a.GetCmds()) {
		s.alter(t, n.GetAlterTableCmd())
	}
}

func (s *schema) alter(t *table, c *pg.AlterTableCmd) {
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		s.addColumn(t, c.GetDef().GetColumnDef())
	case pg.AlterTableType_AT_DropColumn:
		s.dropColumn(t, c.GetName())
	case pg.AlterTableType_AT_AlterColumnType:
		t.touchColumn(c.GetName()).typ = typeOf(c.GetDef().GetColumnDef().GetTypeName())
	case pg.AlterTableType_AT_ColumnDefault:
		t.touchColumn(c.GetName()).fallback = c.GetDef() != nil
	case pg.AlterTableType_AT_SetNotNull:
		t.touchColumn(c.GetName()).notNull = true
	case pg.AlterTableType_AT_DropNotNull:
		t.touchColumn(c.GetName()).notNull = false
	case pg.AlterTableType_AT_AddIdentity:
		t.touchColumn(c.GetName()).fallback = true
	case pg.AlterTableType_AT_AddConstraint:
		s.addConstraint(t, c.GetDef().GetConstraint(), nil)
	case pg.AlterTableType_AT_ValidateConstraint:
		if k := t.constraint(c.GetName()); k != nil {
			k.validated = true
		} else if !t.known {
			t.constraints = append(t.constraints, &constraint{name: c.GetName(), validated: true})
		}
	case pg.AlterTableType_AT_DropConstraint:
		t.constraints = slices.DeleteFunc(t.constraints, func(k *constraint) bool { return k.name == c.GetName() })
		delete(s.indexes, name{t.name.schema, c.GetName()}.key())
	case pg.AlterTableType_AT_SetLogged:
		t.logged = true
	case pg.AlterTableType_AT_SetUnLogged:
		t.logged = false
	case pg.AlterTableType_AT_SetTableSpace:
		t.space = c.GetName()
	case pg.AlterTableType_AT_SetAccessMethod:
		t.method = c.GetName()
	case pg.AlterTableType_AT_AttachPartition:
		s.attach(t, c.GetDef().GetPartitionCmd())
	case pg.AlterTableType_AT_DetachPartition:
		if child := s.table(rangeName(c.GetDef().GetPartitionCmd().GetName())); child != nil {
			child.partitionOf = ""
		}
	}
}

// touchColumn returns a column, and makes one of unknown type when the table is known in part.
func (t *table) touchColumn(name string) *column {
	c := t.column(name)
	if c == nil {
		c = &column{name: name}
		if !t.known {
			t.columns = append(t.columns, c)
		}
	}
	return c
}

func (s *schema) attach(parent *table, p *pg.PartitionCmd) {
	child := s.touch(rangeName(p.GetName()))
	child.partitionOf = parent.name.key()
	parent.partitioned = true
	if p.GetBound().GetIsDefault() {
		parent.hasDefault = true
	}
}

func (s *schema) dropColumn(t *table, dropped string) {
	t.columns = slices.DeleteFunc(t.columns, func(c *column) bool { return c.name == dropped })
	t.constraints = slices.DeleteFunc(t.constraints, func(k *constraint) bool { return slices.Contains(k.columns, dropped) })
	for key, i := range s.indexes {
		if i.table == t.name.key() && (slices.Contains(i.columns, dropped) || slices.Contains(i.reads, dropped)) {
			delete(s.indexes, key)
		}
	}
}

// rename follows a RENAME of a table, column, constraint or index.
func (s *schema) rename(r *pg.RenameStmt) {
	n := rangeName(r.GetRelation())
	switch r.GetRenameType() {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_MATVIEW:
		s.renameTable(n, r.GetNewname())
	case pg.ObjectType_OBJECT_COLUMN:
		s.renameColumn(s.touch(n), r.GetSubname(), r.GetNewname())
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		if k := s.touch(n).constraint(r.GetSubname()); k != nil {
			k.name = r.GetNewname()
		}
		s.renameIndex(name{n.schema, r.GetSubname()}, r.GetNewname())
	case pg.ObjectType_OBJECT_INDEX:
		s.renameIndex(n, r.GetNewname())
	}
}

func (s *schema) renameTable(n name, to string) { s.moveTable(n, name{n.schema, to}) }

// moveTable gives a table another name or schema.
func (s *schema) moveTable(n, to name) {
	t := s.touch(n)
	delete(s.tables, n.key())
	old := n.key()
	t.name = to
	s.tables[t.name.key()] = t
	for _, i := range s.indexes {
		if i.table == old {
			i.table = t.name.key()
		}
	}
	if made, ok := s.created[old]; ok {
		delete(s.created, old)
		s.created[t.name.key()] = made
	}
}

func (s *schema) renameColumn(t *table, from, to string) {
	replace := func(list []string) {
		for i := range list {
			if list[i] == from {
				list[i] = to
			}
		}
	}
	t.touchColumn(from).name = to
	for _, k := range t.constraints {
		replace(k.columns)
		renameIn(k.expr, from, to)
	}
	for _, i := range s.indexesOf(t.name.key()) {
		replace(i.columns)
		replace(i.reads)
	}
}

// renameIn gives a column of an expression its new name.
func renameIn(expr *pg.Node, from, to string) {
	walk(expr, func(m proto.Message) bool {
		ref, ok := m.(*pg.ColumnRef)
		if fields := ref.GetFields(); ok && len(fields) > 0 {
			if s := fields[len(fields)-1].GetString_(); s.GetSval() == from {
				s.Sval = to
			}
		}
		return true
	})
}

func (s *schema) renameIndex(n name, to string) {
	if i := s.indexes[n.key()]; i != nil {
		delete(s.indexes, n.key())
		i.name.base = to
		s.indexes[i.name.key()] = i
	}
}

// drop forgets what a DROP removes.
func (s *schema) drop(d *pg.DropStmt) {
	for _, o := range d.GetObjects() {
		key := objectName(o).key()
		switch d.GetRemoveType() {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_FOREIGN_TABLE:
			delete(s.tables, key)
			delete(s.created, key)
			for _, i := range s.indexesOf(key) {
				delete(s.indexes, i.name.key())
			}
		case pg.ObjectType_OBJECT_INDEX:
			delete(s.indexes, key)
		case pg.ObjectType_OBJECT_VIEW:
			delete(s.views, key)
		case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
			delete(s.enums, key)
			delete(s.domains, key)
		}
	}
}
