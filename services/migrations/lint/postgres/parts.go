package postgres

import (
	"maps"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// parts cuts a statement into what is judged by itself. An ALTER TABLE of several commands is judged command by command, each upon the
// schema that those before it leave; of a DO block the statements within are judged besides. Every other statement is one part.
func parts(st *statement) []*pg.Node {
	a := st.node.GetAlterTableStmt()
	if len(a.GetCmds()) < 2 {
		return append([]*pg.Node{st.node}, st.block.statements...)
	}
	list := make([]*pg.Node, 0, len(a.GetCmds()))
	for _, c := range inPasses(a.GetCmds()) {
		one := &pg.AlterTableStmt{Relation: a.GetRelation(), Cmds: []*pg.Node{c}, Objtype: a.GetObjtype(), MissingOk: a.GetMissingOk()}
		list = append(list, &pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: one}})
	}
	return list
}

// inPasses returns the commands in the order in which Postgres carries them out, whatever the order of the text: drops, types, new columns,
// attributes, indexes, constraints, the rest.
func inPasses(cmds []*pg.Node) []*pg.Node {
	if len(cmds) < 2 {
		return cmds
	}
	sorted := slices.Clone(cmds)
	slices.SortStableFunc(sorted, func(a, b *pg.Node) int { return pass(a.GetAlterTableCmd()) - pass(b.GetAlterTableCmd()) })
	return sorted
}

func pass(c *pg.AlterTableCmd) int {
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_DropConstraint, pg.AlterTableType_AT_DropNotNull, pg.AlterTableType_AT_DropExpression, pg.AlterTableType_AT_DropIdentity:
		return 0
	case pg.AlterTableType_AT_AlterColumnType:
		return 1
	case pg.AlterTableType_AT_AddColumn:
		return 2
	case pg.AlterTableType_AT_SetNotNull, pg.AlterTableType_AT_SetExpression, pg.AlterTableType_AT_AddIdentity:
		return 3
	case pg.AlterTableType_AT_ColumnDefault:
		if c.GetDef() == nil {
			return 0
		}
		return 5
	case pg.AlterTableType_AT_AddConstraint:
		switch c.GetDef().GetConstraint().GetContype() {
		case pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_EXCLUSION:
			return 4
		}
		return 5
	default:
		return 6
	}
}

// fork returns a schema in which one table may be changed without the other seeing it.
func (s *schema) fork(n name) *schema {
	forked := *s
	forked.tables, forked.indexes = maps.Clone(s.tables), maps.Clone(s.indexes)
	if t := s.table(n); t != nil {
		copied := *t
		copied.columns, copied.constraints = nil, nil
		for _, c := range t.columns {
			column := *c
			copied.columns = append(copied.columns, &column)
		}
		for _, k := range t.constraints {
			constraint := *k
			copied.constraints = append(copied.constraints, &constraint)
		}
		forked.tables[n.key()] = &copied
	}
	return &forked
}
