package chrunner

import (
	"context"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// view is a materialized view: what it reads, and where it writes.
type view struct {
	object
	reads   []object // tables of its query
	target  object
	query   []token
	columns []string // what it writes
}

// views returns the materialized views that touch a table.
func (h *host) views(ctx context.Context, o object) ([]view, error) {
	var list []view
	err := each(ctx, h.server, "SELECT database, name, as_select, create_table_query FROM system.tables WHERE engine = 'MaterializedView' ORDER BY database, name", func(scan func(...any) error) error {
		var v view
		var query, create string
		if err := scan(&v.database, &v.name, &query, &create); err != nil {
			return err
		}
		v.query = tokenize(query)
		v.reads = sources(v.query)
		s := read(create)
		if at := s.word("TO"); at >= 0 {
			v.target = (&cursor{tokens: s.tokens, i: at + 1}).object()
		}
		if o.name == "" || v.touches(h, o) {
			list = append(list, v)
		}
		return nil
	})
	if err != nil {
		return nil, h.away(err)
	}
	for i := range list {
		list[i].columns, err = column[string](ctx, h.server, "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position",
			clickhouse.Named("database", list[i].database), clickhouse.Named("table", list[i].name))
		if err != nil {
			return nil, h.away(err)
		}
	}
	return list, nil
}

// sources returns the tables behind FROM and JOIN, which the server writes with their databases.
func sources(query []token) []object {
	var list []object
	c := &cursor{tokens: query}
	for ; c.i < len(query); c.i++ {
		if c.at("FROM") || c.at("JOIN") {
			at := c.i
			c.i++
			if o := c.object(); o.name != "" && !c.at("(") {
				list = append(list, o)
			}
			c.i = at
		}
	}
	return list
}

func same(h *host, a, b object) bool { return a.name != "" && a.in(h) == b.in(h) && a.name == b.name }

func (v view) readsFrom(h *host, o object) bool {
	return slices.ContainsFunc(v.reads, func(source object) bool { return same(h, source, o) })
}

func (v view) touches(h *host, o object) bool { return v.readsFrom(h, o) || same(h, v.target, o) }

// uses reports whether the view reads a column of its source by name.
func (v view) uses(column string) bool {
	return slices.ContainsFunc(v.query, func(t token) bool { return t.isName() && t.value() == column || t.text == "*" })
}

// checkViews refuses what would break the inserts into a table: the server takes a rename of a column that a view reads, and a drop of the table that it writes to,
// and fails every insert after it, when the row is in the first table already.
func (r *run) checkViews(ctx context.Context, h *host, s statement, before *earlier) error {
	if s.verb == "EXCHANGE" || len(s.actions) == 0 && s.verb != "DROP" && s.verb != "RENAME" && s.verb != "DETACH" {
		return nil
	}
	if s.what != "TABLE" && s.what != "VIEW" {
		return nil
	}
	for i, o := range s.objects {
		if len(s.pairs) > 0 && i%2 == 1 {
			continue // the new name of a pair
		}
		found, err := h.views(ctx, o)
		if err != nil {
			return err
		}
		for _, v := range found {
			if before.dropped(h, v.object) || slices.ContainsFunc(s.objects, func(other object) bool { return s.verb == "DROP" && same(h, other, v.object) }) {
				continue
			}
			if err := r.checkView(h, s, o, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) checkView(h *host, s statement, o object, v view) error {
	where := r.where(s) + h.prefix()
	if len(s.actions) == 0 {
		if v.readsFrom(h, o) {
			return r.refuse(ruleTableOfView, "%s%s is read by the materialized view %s, which finds it by its name: drop the view first, in this file, and create it anew behind the change", where, o, v.object)
		}
		return r.refuse(ruleTableOfView, "%sthe materialized view %s writes to %s: every INSERT into the table that it reads would fail when its rows are there already; drop the view first, in this file", where, v.object, o)
	}
	for _, a := range s.actions {
		if a.what != "COLUMN" || a.verb != "RENAME" && a.verb != "DROP" && a.verb != "CLEAR" {
			continue
		}
		if v.readsFrom(h, o) && v.uses(a.name) {
			return r.refuse(ruleColumnInView, "%scolumn %s of %s is read by the materialized view %s: every INSERT into %s would fail (code 47) when its rows are there already; "+
				"drop the view first, in this file, and create it anew behind the change, or add a new column and fill both", where, a.name, o, v.object, o)
		}
		if same(h, v.target, o) && slices.Contains(v.columns, a.name) {
			return r.refuse(ruleColumnInView, "%scolumn %s of %s is written by the materialized view %s, whose values would go nowhere: drop the view first, in this file, and create it anew behind the change",
				where, a.name, o, v.object)
		}
	}
	return nil
}
