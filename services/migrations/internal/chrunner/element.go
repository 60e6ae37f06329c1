package chrunner

import (
	"context"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/migrations"
)

// table is a live table as far as ALTER concerns it.
type table struct {
	columns  []columnRow
	elements map[string]string // INDEX name, PROJECTION name, CONSTRAINT name: their definitions in one form
}

// columnRow is a column as system.columns describes it.
type columnRow struct {
	name, kind, defaultKind, defaultValue, codec, comment string
}

func (c columnRow) String() string {
	parts := []string{c.name, c.kind}
	for _, part := range [][2]string{{c.defaultKind, c.defaultKind + " " + c.defaultValue}, {c.codec, c.codec}, {c.comment, "COMMENT '" + c.comment + "'"}} {
		if part[0] != "" {
			parts = append(parts, part[1])
		}
	}
	return strings.Join(parts, " ")
}

func (t table) column(name string) (columnRow, bool) {
	i := slices.IndexFunc(t.columns, func(c columnRow) bool { return c.name == name })
	if i < 0 {
		return columnRow{}, false
	}
	return t.columns[i], true
}

func (h *host) table(ctx context.Context, o object) (table, error) {
	t := table{elements: map[string]string{}}
	err := each(ctx, h.server, `
SELECT
    name,
    type,
    default_kind,
    default_expression,
    compression_codec,
    comment
FROM system.columns
WHERE database = {database:String}
  AND table = {table:String}
ORDER BY position`, func(scan func(...any) error) error {
		var c columnRow
		if err := scan(&c.name, &c.kind, &c.defaultKind, &c.defaultValue, &c.codec, &c.comment); err != nil {
			return err
		}
		t.columns = append(t.columns, c)
		return nil
	}, clickhouse.Named("database", o.in(h)), clickhouse.Named("table", o.name))
	if err != nil {
		return t, h.away(err)
	}
	d, err := h.definition(ctx, o)
	if err != nil {
		return t, err
	}
	s := read(d.text)
	for _, piece := range cut((&cursor{tokens: s.tokens, i: s.to}).group()) {
		if len(piece) > 2 && slices.Contains([]string{"INDEX", "PROJECTION", "CONSTRAINT"}, piece[0].up) {
			t.elements[piece[0].up+" "+piece[1].value()] = bare(piece[2:])
		}
	}
	return t, nil
}

// leftOfActions returns the ALTER without what is done. The server makes the changes of one ALTER to a definition in one step, but those to rows follow as mutations,
// so an attempt that was cut off may have done the first and not the second.
func (r *run) leftOfActions(ctx context.Context, h *host, s statement, prior *entry, was before) (string, error) {
	t, err := h.table(ctx, s.object())
	if err != nil || len(t.columns) == 0 {
		return s.text, err
	}
	var ours []mutation
	if prior != nil {
		if ours, err = h.since(ctx, s, was); err != nil {
			return "", err
		}
	}
	var left []action
	for _, a := range s.actions {
		held, err := r.held(ctx, h, s, a, t, prior != nil, ours)
		if err != nil {
			return "", err
		}
		if !held {
			left = append(left, a)
		}
	}
	switch {
	case len(left) == 0:
		return "", nil
	case len(left) == len(s.actions):
		return s.text, nil
	}
	var parts []string
	for _, a := range left {
		parts = append(parts, "("+a.text+")")
	}
	return strings.TrimSpace("ALTER TABLE " + s.object().sql() + " " + strings.Join(parts, ", ") + " " + s.tail), nil
}

// held reports whether an action has had its effect. Again says that an earlier attempt may have sent it.
func (r *run) held(ctx context.Context, h *host, s statement, a action, t table, again bool, ours []mutation) (bool, error) {
	if a.heavy() {
		return slices.ContainsFunc(ours, func(m mutation) bool { return a.made(m.command) }), nil
	}
	_, there := t.column(a.name)
	switch a.verb + " " + a.what {
	case "ADD COLUMN":
		return r.heldColumn(ctx, h, s, a, t)
	case "DROP COLUMN":
		return !there && (again || a.guarded) && len(t.columns) > 0 && !nested(t, a.name), nil
	case "RENAME COLUMN":
		_, renamed := t.column(a.to)
		return !there && renamed && (again || a.guarded), nil
	case "MODIFY COLUMN":
		return again && removed(t, a), nil
	case "ADD INDEX", "ADD PROJECTION", "ADD CONSTRAINT":
		live, there := t.elements[a.what+" "+a.name]
		want := position(bare(a.define))
		if there && live != want {
			return false, migrations.ErrRefused.With("%s%s%s %s of %s is there already with another definition: it should be [%s] and is [%s]",
				r.where(s), h.prefix(), strings.ToLower(a.what), a.name, s.object(), want, live)
		}
		return there, nil
	case "DROP INDEX", "DROP PROJECTION", "DROP CONSTRAINT":
		_, there := t.elements[a.what+" "+a.name]
		return !there && (again || a.guarded), nil
	}
	return false, nil
}

// position leaves out where an element is put.
func position(define string) string {
	define = strings.TrimSuffix(define, " FIRST")
	if i := strings.LastIndex(define, " AFTER "); i >= 0 {
		define = define[:i]
	}
	return define
}

// nested reports whether the name is that of a Nested, whose columns are name.part.
func nested(t table, name string) bool {
	return slices.ContainsFunc(t.columns, func(c columnRow) bool { return strings.HasPrefix(c.name, name+".") })
}

// removed reports whether what MODIFY COLUMN ... REMOVE takes away is gone.
func removed(t table, a action) bool {
	c, there := t.column(a.name)
	if !there || len(a.define) != 2 || a.define[0].up != "REMOVE" {
		return false
	}
	switch a.define[1].up {
	case "DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL":
		return c.defaultKind == ""
	case "CODEC":
		return c.codec == ""
	case "COMMENT":
		return c.comment == ""
	}
	return false
}

// heldColumn compares a column that is there with the one that the action would add: the server makes that one in a database of its own.
func (r *run) heldColumn(ctx context.Context, h *host, s statement, a action, t table) (bool, error) {
	live, there := t.column(a.name)
	if !there {
		return false, nil
	}
	var columns []string
	for _, c := range t.columns {
		if c.name != a.name {
			columns = append(columns, quoted(c.name)+" "+c.kind)
		}
	}
	define := a.define
	for i, t := range define {
		if t.up == "FIRST" && i == len(define)-1 || t.up == "AFTER" && i >= len(define)-4 {
			define = define[:i]
			break
		}
	}
	columns = append(columns, quoted(a.name)+" "+slice(a.source, define))
	made, err := h.makeTable(ctx, columns)
	if err != nil {
		return false, migrations.ErrRefused.With("%s%scolumn %s of %s is there already, and its definition cannot be compared with the statement: %v", r.where(s), h.prefix(), a.name, s.object(), err)
	}
	if want, _ := made.column(a.name); want != live {
		return false, migrations.ErrRefused.With("%s%scolumn %s of %s is there already with another definition: it should be [%s] and is [%s]", r.where(s), h.prefix(), a.name, s.object(), want, live)
	}
	return true, nil
}

// makeTable makes a table of the columns in a scratch database, describes it and drops it.
func (h *host) makeTable(ctx context.Context, columns []string) (table, error) {
	var made table
	err := h.aside(ctx, func(name object) error {
		if err := h.conn.Exec(ctx, "CREATE TABLE "+name.sql()+" ("+strings.Join(columns, ", ")+") ENGINE = MergeTree ORDER BY tuple()"); err != nil {
			return h.away(err)
		}
		var err error
		made, err = h.table(ctx, name)
		return err
	})
	return made, err
}
