package clickhouse

import (
	"slices"
	"strings"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// schema is what the statements so far have made. It knows only what it saw: a table that is not in it may exist all the same.
type schema struct{ tables []*table }

// table is a table or a view.
type table struct {
	object
	columns     []column
	like        bool // the columns come from elsewhere and are not known
	engine      *engine
	order       expr
	primary     expr
	partition   expr
	sample      expr
	ttl         bool
	settings    map[string]string
	fresh       bool    // made by the files that are judged, so it holds nothing yet
	moved       bool    // it holds rows that were moved out of a table that is not fresh
	view        bool    // of any kind
	query       *query  // of a view
	target      *object // of a materialized view with TO
	materialize bool    // a materialized view
	local       *object // of a Distributed table
}

// same reports whether two names mean one object; a name without a database may be in any.
func (o object) same(other object) bool {
	return o.name == other.name && (o.database == "" || other.database == "" || o.database == other.database)
}

// find returns the table of this name, nil when it is not known.
func (s *schema) find(o object) *table {
	for i := len(s.tables) - 1; i >= 0; i-- {
		if t := s.tables[i]; t.same(o) {
			return t
		}
	}
	return nil
}

// column returns a column of the table, nil when it is not known.
func (t *table) column(name string) *column {
	if t == nil {
		return nil
	}
	for i := range t.columns {
		if t.columns[i].name == name {
			return &t.columns[i]
		}
	}
	return nil
}

// empty reports whether the table has no rows but those of the run.
func (t *table) empty() bool { return t != nil && t.fresh && !t.moved }

// hidden reports whether it is a materialized view that keeps rows in a table of its own.
func (t *table) hidden() bool { return t != nil && t.materialize && t.target == nil }

// sorting returns the expressions of the sorting key.
func (t *table) sorting() []expr {
	if t.order != nil {
		return t.order.elements()
	}
	return t.primary.elements()
}

// readers returns the materialized views that read the table.
func (s *schema) readers(o object) []*table {
	var list []*table
	for _, t := range s.tables {
		if t.materialize && t.query != nil && slices.ContainsFunc(t.query.sources, o.same) {
			list = append(list, t)
		}
	}
	return list
}

// writers returns the materialized views that write to the table.
func (s *schema) writers(o object) []*table {
	var list []*table
	for _, t := range s.tables {
		if t.target != nil && t.target.same(o) {
			list = append(list, t)
		}
	}
	return list
}

// apply makes the statement's change. fresh is true for the files that are judged.
func (s *schema) apply(st *statement, fresh bool) {
	switch {
	case st.create != nil && st.head != "CREATE DATABASE":
		s.applyCreate(st, fresh)
	case st.head == "DROP DATABASE" || st.head == "DETACH DATABASE":
		s.tables = slices.DeleteFunc(s.tables, func(t *table) bool { return t.database == st.object.name })
	case strings.HasPrefix(st.head, "DROP ") || strings.HasPrefix(st.head, "DETACH "):
		for _, o := range st.drops {
			s.tables = slices.DeleteFunc(s.tables, func(t *table) bool { return t.same(o) })
		}
	case len(st.rename) > 0:
		s.applyRename(st)
	case st.alter != nil:
		t := s.find(st.object)
		for i := range st.alter.commands {
			cmd := &st.alter.commands[i]
			if t != nil {
				t.applyCommand(cmd)
			}
			if cmd.kind == "MOVE_PARTITION" && cmd.target != nil && !t.empty() {
				if to := s.find(*cmd.target); to != nil {
					to.moved = true
				}
			}
		}
	}
}

func (s *schema) applyCreate(st *statement, fresh bool) {
	switch st.head {
	case "CREATE TABLE", "CREATE VIEW", "CREATE MATERIALIZED VIEW", "ATTACH TABLE":
	default:
		return
	}
	known := s.find(st.object)
	if known != nil {
		if !st.create.orReplace && st.guarded {
			return
		}
		s.tables = slices.DeleteFunc(s.tables, func(t *table) bool { return t == known })
	}
	cr := st.create
	t := &table{
		object: st.object, columns: slices.Clone(cr.columns), engine: cr.engine, order: cr.order, primary: cr.primary, partition: cr.partition, sample: cr.sample,
		ttl: cr.ttl != nil, settings: st.settings, fresh: fresh && (known == nil || known.fresh), view: strings.HasSuffix(st.head, "VIEW"), query: cr.query, target: cr.to,
		materialize: st.head == "CREATE MATERIALIZED VIEW", like: cr.like != nil || cr.query != nil,
	}
	for _, col := range cr.columns {
		if col.primary && t.primary == nil {
			t.primary = expr{{text: col.name, kind: sqlsplit.Word, up: strings.ToUpper(col.name)}}
		}
	}
	if from := cr.like; from != nil {
		if other := s.find(*from); other != nil {
			t.inherit(other)
		}
	}
	if e := cr.engine; e != nil && e.name == "Distributed" && len(e.args) >= 3 {
		t.local = &object{database: join(e.args[1]), name: lastValue(e.args[2])}
		if e.args[1].functions() != nil {
			t.local.database = ""
		} else {
			t.local.database = lastValue(e.args[1])
		}
	}
	s.tables = append(s.tables, t)
}

// inherit copies what CREATE TABLE ... AS other takes over.
func (t *table) inherit(other *table) {
	t.like = other.like
	if len(t.columns) == 0 {
		t.columns = slices.Clone(other.columns)
	}
	if t.engine != nil && !t.engine.isMergeTree() {
		return
	}
	if t.engine == nil {
		t.engine = other.engine
	}
	for _, part := range []struct{ mine, its *expr }{
		{&t.order, &other.order}, {&t.primary, &other.primary}, {&t.partition, &other.partition}, {&t.sample, &other.sample},
	} {
		if *part.mine == nil {
			*part.mine = *part.its
		}
	}
}

func lastValue(e expr) string {
	if len(e) == 0 {
		return ""
	}
	return e[len(e)-1].value()
}

func (s *schema) applyRename(st *statement) {
	for _, p := range st.rename {
		a, b := s.find(p.from), s.find(p.to)
		if strings.HasPrefix(st.head, "EXCHANGE") {
			if b != nil {
				b.object = p.from
			}
			if a != nil {
				a.object = p.to
			}
			continue
		}
		if st.head == "RENAME DATABASE" {
			for _, t := range s.tables {
				if t.database == p.from.name {
					t.database = p.to.name
				}
			}
			continue
		}
		if a != nil {
			database := a.database
			a.object = p.to
			if a.database == "" {
				a.database = database
			}
		}
	}
}

func (t *table) applyCommand(cmd *command) {
	switch cmd.kind {
	case "ADD_COLUMN":
		if t.column(cmd.name) == nil {
			t.columns = append(t.columns, cmd.column)
		}
	case "DROP_COLUMN":
		if !cmd.clear {
			t.columns = slices.DeleteFunc(t.columns, func(c column) bool { return c.name == cmd.name })
		}
	case "RENAME_COLUMN":
		if c := t.column(cmd.name); c != nil {
			c.name = cmd.to
		}
	case "MODIFY_COLUMN":
		if c := t.column(cmd.name); c != nil {
			c.modify(cmd)
		}
	case "MODIFY_ORDER_BY":
		if t.primary == nil {
			t.primary = t.order
		}
		t.order = cmd.expr
	case "MODIFY_TTL":
		t.ttl = true
	case "REMOVE_TTL":
		t.ttl = false
	case "MODIFY_QUERY":
		q := readQuery(cmd.expr)
		t.query = &q
	case "MODIFY_SETTING":
		settings := map[string]string{}
		for _, set := range []map[string]string{t.settings, cmd.settings} {
			for name, value := range set {
				settings[name] = value
			}
		}
		t.settings = settings
	}
}

// modify takes over what a MODIFY COLUMN says.
func (c *column) modify(cmd *command) {
	if cmd.column.typ.known() {
		c.typ = cmd.column.typ
	}
	if cmd.column.kind != "" {
		c.kind, c.value = cmd.column.kind, cmd.column.value
	}
	if cmd.remove == c.kind && cmd.remove != "" {
		c.kind, c.value = "", nil
	}
	if len(cmd.column.codec) > 0 {
		c.codec = cmd.column.codec
	}
	if len(cmd.column.ttl) > 0 {
		c.ttl = cmd.column.ttl
	}
}
