package reads

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations/internal/sqlsplit"
	"devtrail.dev/services/migrations/lint/postgres"
)

// Schema is the tables of a database with their columns.
type Schema struct {
	// Tables has the columns of every table.
	Tables map[string][]string
	// behind has what a view (by name), a function (by name and brackets) and the triggers of a table (by the table's name) use.
	behind map[string][]string
}

// NewSchema makes a Schema of tables and their columns.
func NewSchema(tables map[string][]string) *Schema {
	return &Schema{Tables: tables, behind: map[string][]string{}}
}

// SchemaOf returns the schema that the migration files of a service make.
func SchemaOf(files fs.FS) (*Schema, error) {
	list, err := schema.Files(files)
	if err != nil {
		return nil, err
	}
	s := NewSchema(map[string][]string{})
	for _, f := range list {
		statements, err := sqlsplit.Split(f.SQL, sqlsplit.Postgres)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		for _, statement := range statements {
			tree, err := postgres.Tree(statement.Text)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name, statement.Line, err)
			}
			if err := s.apply(tree, statement.Text); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name, statement.Line, err)
			}
		}
	}
	return s, nil
}

func (s *Schema) apply(tree *pg.Node, text string) error {
	switch {
	case tree.GetCreateStmt() != nil:
		n := tree.GetCreateStmt()
		table := n.GetRelation().GetRelname()
		for _, e := range n.GetTableElts() {
			if c := e.GetColumnDef(); c != nil {
				s.Tables[table] = append(s.Tables[table], c.GetColname())
			}
			if like := e.GetTableLikeClause(); like != nil {
				s.Tables[table] = append(s.Tables[table], s.Tables[like.GetRelation().GetRelname()]...)
			}
		}
	case tree.GetAlterTableStmt() != nil:
		n := tree.GetAlterTableStmt()
		table := n.GetRelation().GetRelname()
		for _, e := range n.GetCmds() {
			switch c := e.GetAlterTableCmd(); c.GetSubtype() {
			case pg.AlterTableType_AT_AddColumn:
				s.Tables[table] = append(s.Tables[table], c.GetDef().GetColumnDef().GetColname())
			case pg.AlterTableType_AT_DropColumn:
				s.Tables[table] = slices.DeleteFunc(s.Tables[table], func(name string) bool { return name == c.GetName() })
			}
		}
	case tree.GetRenameStmt() != nil:
		s.rename(tree.GetRenameStmt())
	case tree.GetDropStmt() != nil:
		for _, o := range tree.GetDropStmt().GetObjects() {
			if items := o.GetList().GetItems(); len(items) > 0 {
				name := items[len(items)-1].GetString_().GetSval()
				delete(s.Tables, name)
				delete(s.behind, name)
			}
		}
	case tree.GetViewStmt() != nil, tree.GetCreateTableAsStmt() != nil:
		r := tree.GetViewStmt().GetView()
		if into := tree.GetCreateTableAsStmt(); into != nil {
			r = into.GetInto().GetRel()
		}
		reads, err := s.Of(text)
		s.behind[r.GetRelname()] = reads.Columns
		return err
	case tree.GetCreateFunctionStmt() != nil:
		names := tree.GetCreateFunctionStmt().GetFuncname()
		s.behind[names[len(names)-1].GetString_().GetSval()+"()"] = s.Named(text)
	case tree.GetCreateTrigStmt() != nil:
		n := tree.GetCreateTrigStmt()
		names := n.GetFuncname()
		uses := s.behind[names[len(names)-1].GetString_().GetSval()+"()"]
		table := n.GetRelation().GetRelname()
		s.behind[table] = append(s.behind[table], uses...)
	}
	return nil
}

func (s *Schema) rename(n *pg.RenameStmt) {
	table := n.GetRelation().GetRelname()
	switch n.GetRenameType() {
	case pg.ObjectType_OBJECT_TABLE:
		s.Tables[n.GetNewname()] = s.Tables[table]
		delete(s.Tables, table)
	case pg.ObjectType_OBJECT_COLUMN:
		if i := slices.Index(s.Tables[table], n.GetSubname()); i >= 0 {
			s.Tables[table][i] = n.GetNewname()
		}
	}
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_$]*`)

// Named returns the columns that a text may use: those whose table and column it names anywhere, and all columns of such a table when it has a star.
// It is for text that is not read otherwise.
func (s *Schema) Named(text string) []string {
	words := map[string]bool{}
	for _, w := range word.FindAllString(text, -1) {
		words[strings.ToLower(w)] = true
	}
	var list []string
	for table, columns := range s.Tables {
		if !words[table] {
			continue
		}
		for _, c := range columns {
			if words[c] || strings.Contains(text, "*") {
				list = append(list, table+"."+c)
			}
		}
	}
	slices.Sort(list)
	return list
}
