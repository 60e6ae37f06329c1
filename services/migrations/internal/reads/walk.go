package reads

import (
	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// nameCTEs learns the names of all WITH queries first: the schema does not have them.
func (w *walk) nameCTEs(m protoreflect.Message) {
	if cte, ok := m.Interface().(*pg.CommonTableExpr); ok {
		w.ctes[cte.GetCtename()] = true
	}
	children(m, w.nameCTEs)
}

// children calls f with every message below m.
func children(m protoreflect.Message, f func(protoreflect.Message)) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				f(v.List().Get(i).Message())
			}
		default:
			f(v.Message())
		}
		return true
	})
}

// node notes what a part of the tree uses. Parts with names of their own open a scope.
func (w *walk) node(m protoreflect.Message, in *scope) {
	switch n := m.Interface().(type) {
	case *pg.SelectStmt:
		s := &scope{outer: in}
		w.from(n.GetFromClause(), s)
		w.below(n, s)
	case *pg.InsertStmt:
		w.insert(n, in)
	case *pg.UpdateStmt:
		s := &scope{outer: in}
		target := w.target(n.GetRelation(), s)
		w.from(n.GetFromClause(), s)
		w.set(n.GetTargetList(), target)
		w.below(n, s)
	case *pg.DeleteStmt:
		s := &scope{outer: in}
		w.target(n.GetRelation(), s)
		w.from(n.GetUsingClause(), s)
		w.below(n, s)
	case *pg.MergeStmt:
		s := &scope{outer: in}
		target := w.target(n.GetRelation(), s)
		w.from([]*pg.Node{n.GetSourceRelation()}, s)
		for _, when := range n.GetMergeWhenClauses() {
			clause := when.GetMergeWhenClause()
			if clause.GetCommandType() == pg.CmdType_CMD_INSERT && len(clause.GetTargetList()) == 0 {
				w.every(target...)
			}
			w.set(clause.GetTargetList(), target)
		}
		w.below(n, s)
	case *pg.CopyStmt:
		w.copied(n, in)
	case *pg.ColumnRef:
		w.reference(n, in)
	case *pg.JoinExpr:
		w.join(n, in)
		w.below(n, in)
	case *pg.FuncCall:
		if names := n.GetFuncname(); len(names) > 0 {
			w.list(w.schema.behind[names[len(names)-1].GetString_().GetSval()+"()"])
		}
		w.below(n, in)
	case *pg.RangeVar: // where it is not part of a scope: LOCK, TRUNCATE
		w.table(n)
	case *pg.IntoClause: // a table that is made now
	case *pg.CreateStmt, *pg.AlterTableStmt, *pg.IndexStmt, *pg.RenameStmt, *pg.DropStmt, *pg.CommentStmt, *pg.VacuumStmt, *pg.GrantStmt,
		*pg.CreateTrigStmt, *pg.RuleStmt, *pg.CreatePolicyStmt, *pg.CreateStatsStmt, *pg.AlterSeqStmt, *pg.CreateSeqStmt, *pg.ClusterStmt, *pg.ReindexStmt:
		// A definition is no use.
	default:
		w.below(n, in)
	}
}

func (w *walk) below(n proto.Message, in *scope) {
	children(n.ProtoReflect(), func(m protoreflect.Message) { w.node(m, in) })
}

// target opens a table that is written to, under its alias and the names that Postgres gives its rows.
func (w *walk) target(r *pg.RangeVar, in *scope) []string {
	tables := w.table(r)
	name := r.GetRelname()
	if alias := r.GetAlias().GetAliasname(); alias != "" {
		name = alias
	}
	in.add(name, tables...)
	return tables
}

// set notes the columns that are assigned to.
func (w *walk) set(list []*pg.Node, target []string) {
	for _, n := range list {
		w.named(n.GetResTarget().GetName(), target)
	}
}

func (w *walk) insert(n *pg.InsertStmt, in *scope) {
	s := &scope{outer: in}
	target := w.target(n.GetRelation(), s)
	if len(n.GetCols()) == 0 && n.GetSelectStmt() != nil {
		w.every(target...)
	}
	w.set(n.GetCols(), target)
	// The rows do not see the target.
	for _, part := range []proto.Message{n.GetWithClause(), n.GetSelectStmt()} {
		if part.ProtoReflect().IsValid() {
			w.node(part.ProtoReflect(), in)
		}
	}
	for _, name := range []string{"excluded", "old", "new"} {
		s.outer = &scope{outer: s.outer}
		s.outer.add(name, target...)
	}
	if conflict := n.GetOnConflictClause(); conflict != nil {
		for _, e := range conflict.GetInfer().GetIndexElems() {
			w.named(e.GetIndexElem().GetName(), target)
		}
		if conflict.GetInfer().GetConname() != "" {
			w.every(target...) // the schema knows no constraints
		}
		w.set(conflict.GetTargetList(), target)
		w.below(conflict, s)
	}
	for _, r := range n.GetReturningList() {
		w.node(r.ProtoReflect(), s)
	}
}

func (w *walk) copied(n *pg.CopyStmt, in *scope) {
	if n.GetRelation() == nil {
		w.below(n, in)
		return
	}
	tables := w.table(n.GetRelation())
	if len(n.GetAttlist()) == 0 {
		w.every(tables...)
	}
	for _, a := range n.GetAttlist() {
		w.named(a.GetString_().GetSval(), tables)
	}
}

// join notes the columns of USING and NATURAL.
func (w *walk) join(n *pg.JoinExpr, in *scope) {
	if in == nil {
		return
	}
	for _, c := range n.GetUsingClause() {
		w.named(c.GetString_().GetSval(), in.all())
	}
	if n.GetIsNatural() {
		w.every(in.all()...)
	}
}

// from opens what a FROM clause names, and returns the tables.
func (w *walk) from(list []*pg.Node, in *scope) []string {
	var all []string
	for _, n := range list {
		var tables []string
		var alias *pg.Alias
		name := ""
		switch {
		case n.GetRangeVar() != nil:
			r := n.GetRangeVar()
			tables, alias, name = w.table(r), r.GetAlias(), r.GetRelname()
		case n.GetJoinExpr() != nil:
			j := n.GetJoinExpr()
			tables, alias = w.from([]*pg.Node{j.GetLarg(), j.GetRarg()}, in), j.GetAlias()
		case n.GetRangeTableSample() != nil:
			tables = w.from([]*pg.Node{n.GetRangeTableSample().GetRelation()}, in)
		case n.GetRangeSubselect() != nil:
			alias = n.GetRangeSubselect().GetAlias()
		case n.GetRangeFunction() != nil:
			alias = n.GetRangeFunction().GetAlias()
		}
		if a := alias.GetAliasname(); a != "" {
			name = a
		}
		if len(alias.GetColnames()) > 0 {
			w.every(tables...) // they have other names from here on
			tables = nil
		}
		if name != "" {
			in.add(name, tables...)
		}
		all = append(all, tables...)
	}
	return all
}
