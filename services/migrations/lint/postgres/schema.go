package postgres

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// schema is the model: what the statements read so far say that the database holds. What no statement made is not known, and a table that
// is only altered is known in part.
type schema struct {
	tables    map[string]*table
	indexes   map[string]*index
	views     map[string]bool       // plain views
	volatile  map[string]bool       // functions by name: whether one of that name is volatile
	domains   map[string]domain     // by name
	enums     map[string]bool       // enums by name
	newValues map[string]string     // enum values added in the open transaction, to their type
	zone      string                // the session's time zone as the files set it, "" when they do not
	created   map[string]createdObj // objects that the current file made, by key
}

// domain is a type over another one.
type domain struct {
	base     dataType
	checked  bool     // has a constraint
	fallback *pg.Node // its default, nil when it has none
}

// createdObj is a kind of object made in the current file.
type createdObj uint8

const (
	createdTable createdObj = iota + 1
	createdIndex
	createdType
	createdSchema
)

// table is a table, or a materialised view.
type table struct {
	name        name
	known       bool // made by a statement that we saw: columns and constraints are complete
	temporary   bool
	logged      bool
	materialize bool // a materialised view
	columns     []*column
	constraints []*constraint
	partitioned bool
	keys        []string // columns of the partition key; nil when it has expressions or is not known
	strategy    pg.PartitionStrategy
	partitionOf string // key of the parent
	hasDefault  bool   // has a DEFAULT partition
	space       string // tablespace, "" for the database's
	method      string // access method, "" for heap
}

// column is a column of a table.
type column struct {
	name     string
	typ      dataType
	notNull  bool
	fallback bool // has a default, an identity or an expression
}

// constraint is a constraint of a table.
type constraint struct {
	name      string // "" when Postgres gives it a name that the text does not say
	kind      pg.ConstrType
	columns   []string
	expr      *pg.Node // of a CHECK
	validated bool
	refTable  string // key of the table that a foreign key points to
}

// index is an index, also one that stands behind a constraint.
type index struct {
	name    name
	table   string // key
	columns []string
	unique  bool
	partial bool
	count   int      // of columns and expressions
	reads   []string // columns of the expressions and of the WHERE
}

func newSchema() *schema {
	return &schema{
		tables: map[string]*table{}, indexes: map[string]*index{}, views: map[string]bool{}, volatile: map[string]bool{},
		domains: map[string]domain{}, enums: map[string]bool{}, newValues: map[string]string{}, created: map[string]createdObj{},
	}
}

// table returns the table, nil when no statement spoke of it.
func (s *schema) table(n name) *table { return s.tables[n.key()] }

// touch returns the table, and makes one known in part when no statement spoke of it.
func (s *schema) touch(n name) *table {
	t := s.tables[n.key()]
	if t == nil {
		t = &table{name: n, logged: true}
		s.tables[n.key()] = t
	}
	return t
}

// fresh reports whether the current file made the table: nobody else uses it yet.
func (s *schema) fresh(n name) bool { return s.created[n.key()] == createdTable }

// column returns a column of the table, nil when it is not known.
func (t *table) column(name string) *column {
	if t == nil {
		return nil
	}
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// constraint returns a constraint of the table by name, nil when it is not known.
func (t *table) constraint(name string) *constraint {
	if t == nil {
		return nil
	}
	for _, c := range t.constraints {
		if c.name == name {
			return c
		}
	}
	return nil
}

// primary returns the primary key, nil when none is known.
func (t *table) primary() *constraint {
	if t == nil {
		return nil
	}
	for _, c := range t.constraints {
		if c.kind == pg.ConstrType_CONSTR_PRIMARY {
			return c
		}
	}
	return nil
}

// checked returns whether a CHECK speaks of the column.
func (t *table) checked(column string) bool {
	if t == nil {
		return false
	}
	for _, c := range t.constraints {
		if c.kind == pg.ConstrType_CONSTR_CHECK && slices.Contains(c.columns, column) {
			return true
		}
	}
	return false
}

// provenNotNull reports whether a validated CHECK (column IS NOT NULL) stands, which SET NOT NULL takes instead of a scan. A constraint
// whose definition is not known proves it only where its name says so, such as orders_state_not_null: the file that added it was applied before
// and is not among those that are read.
func (t *table) provenNotNull(column string) bool {
	if t == nil {
		return false
	}
	for _, c := range t.constraints {
		if c.validated && c.kind == pg.ConstrType_CONSTR_CHECK && impliesNotNull(c.expr, column) {
			return true
		}
		if c.validated && c.kind == pg.ConstrType_CONSTR_TYPE_UNDEFINED && namesNotNull(c.name, column) {
			return true
		}
	}
	return false
}

// namesNotNull reports whether a constraint's name says that it is for the column IS NOT NULL.
func namesNotNull(constraint, column string) bool {
	constraint = strings.ToLower(constraint)
	before, after, ok := strings.Cut(constraint, strings.ToLower(column))
	return ok && slices.ContainsFunc([]string{"not_null", "notnull", "nonnull", "non_null", "_nn"}, func(word string) bool {
		return strings.Contains(before, word) || strings.Contains(after, word)
	})
}

// indexesOf returns the indexes of a table.
func (s *schema) indexesOf(key string) []*index {
	var list []*index
	for _, i := range s.indexes {
		if i.table == key {
			list = append(list, i)
		}
	}
	return list
}

// indexed reports whether an index, constraint or not, has the column.
func (s *schema) indexed(key, column string) bool {
	for _, i := range s.indexesOf(key) {
		if slices.Contains(i.columns, column) {
			return true
		}
	}
	return false
}

// computed reports whether an index with expressions or a WHERE speaks of the column. Postgres builds such an index anew when the type changes, even where a plain
// one stays.
func (s *schema) computed(key, column string) bool {
	for _, i := range s.indexesOf(key) {
		if (i.partial || i.count > len(i.columns)) && (slices.Contains(i.columns, column) || slices.Contains(i.reads, column)) {
			return true
		}
	}
	return false
}

// covered reports whether an index that is not partial begins with the columns, in any order.
func (s *schema) covered(key string, columns []string) bool {
	for _, i := range s.indexesOf(key) {
		if i.partial || len(i.columns) < len(columns) {
			continue
		}
		if all(columns, func(c string) bool { return slices.Contains(i.columns[:len(columns)], c) }) {
			return true
		}
	}
	return false
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

// utc reports whether the session's time zone is UTC; the runner pins it, so it is unless a file changes it.
func (s *schema) utc() bool {
	return s.zone == "" || slices.Contains([]string{"utc", "etc/utc", "gmt", "z", "0"}, s.zone)
}
