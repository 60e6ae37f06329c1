// Package reads finds the columns that SQL of Postgres uses. The generator of the services' lists calls it when the suite is built, and the gates
// ask it about the statements that a database has seen. It is cautious: a column is rather listed once too often than missed.
package reads

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"devtrail.dev/services/migrations/lint/postgres"
)

// Reads is what a statement uses.
type Reads struct {
	// Columns are the columns that it reads or writes, as table.column, in order.
	Columns []string
	// Tables are the tables that it names, in order.
	Tables []string
	// Unknown are relations and columns that the schema does not have, in order.
	Unknown []string
}

// Of returns what one statement uses. Statements that change definitions use nothing. The error is Postgres' own sentence about text that it does not understand.
func (s *Schema) Of(sql string) (Reads, error) {
	tree, err := postgres.Tree(sql)
	if err != nil {
		return Reads{}, fmt.Errorf("read %q: %w", firstLine(sql), err)
	}
	w := walk{schema: s, columns: map[string]bool{}, ctes: map[string]bool{}, tables: map[string]bool{}, unknown: map[string]bool{}}
	w.nameCTEs(tree.ProtoReflect())
	w.node(tree.ProtoReflect(), nil)
	return Reads{Columns: sorted(w.columns), Tables: sorted(w.tables), Unknown: sorted(w.unknown)}, nil
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

func firstLine(sql string) string {
	line, _, more := strings.Cut(strings.TrimSpace(sql), "\n")
	if more {
		line += " ..."
	}
	return line
}

// scope is what names of columns may mean at one level of a statement.
type scope struct {
	outer *scope
	// tables has the tables behind each alias; none behind that of a subquery or a function.
	tables map[string][]string
}

func (s *scope) add(alias string, tables ...string) {
	if s.tables == nil {
		s.tables = map[string][]string{}
	}
	s.tables[alias] = append(s.tables[alias], tables...)
}

func (s *scope) all() []string {
	var list []string
	for _, t := range s.tables {
		list = append(list, t...)
	}
	return list
}

// walk collects the uses of one statement.
type walk struct {
	schema                         *Schema
	columns, ctes, tables, unknown map[string]bool
}

// table notes that a relation is named and returns it when the schema has it.
func (w *walk) table(r *pg.RangeVar) []string {
	name := r.GetRelname()
	if schema := r.GetSchemaname(); schema != "" && schema != "public" {
		return nil // pg_temp, pg_catalog and the like
	}
	if uses, ok := w.schema.behind[name]; ok {
		w.list(uses)
	}
	if _, ok := w.schema.Tables[name]; ok {
		w.tables[name] = true
		return []string{name}
	}
	if _, view := w.schema.behind[name]; !view && !w.ctes[name] {
		w.unknown[name] = true
	}
	return nil
}

// list notes uses that were found elsewhere.
func (w *walk) list(uses []string) {
	for _, use := range uses {
		table, _, _ := strings.Cut(use, ".")
		w.tables[table], w.columns[use] = true, true
	}
}

func (w *walk) column(table, column string) { w.columns[table+"."+column] = true }

func (w *walk) every(tables ...string) {
	for _, t := range tables {
		for _, c := range w.schema.Tables[t] {
			w.column(t, c)
		}
	}
}

// named notes the column of those tables that have it, and reports whether any does.
func (w *walk) named(column string, tables []string) bool {
	found := false
	for _, t := range tables {
		if slices.Contains(w.schema.Tables[t], column) {
			w.column(t, column)
			found = true
		}
	}
	return found
}

// systemColumns are had by every table.
var systemColumns = []string{"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"}

// reference notes what a name of a column means, from the inner level outwards.
func (w *walk) reference(ref *pg.ColumnRef, in *scope) {
	var parts []string
	star := false
	for _, f := range ref.GetFields() {
		if f.GetAStar() != nil {
			star = true
		} else {
			parts = append(parts, f.GetString_().GetSval())
		}
	}
	switch {
	case star && len(parts) == 0:
		if in != nil {
			w.every(in.all()...)
		}
	case star:
		w.every(w.behind(parts[len(parts)-1], in)...)
	case len(parts) == 1:
		for s := in; s != nil; s = s.outer {
			if w.named(parts[0], s.all()) {
				return
			}
			if tables, whole := s.tables[parts[0]]; whole {
				w.every(tables...)
				return
			}
		}
	default:
		alias, column := parts[len(parts)-2], parts[len(parts)-1]
		tables := w.behind(alias, in)
		if len(tables) > 0 && !w.named(column, tables) && !slices.Contains(systemColumns, column) {
			w.unknown[alias+"."+column] = true
		}
	}
}

// behind returns the tables behind the nearest alias.
func (w *walk) behind(alias string, in *scope) []string {
	for s := in; s != nil; s = s.outer {
		if tables, ok := s.tables[alias]; ok {
			return tables
		}
	}
	return nil
}
