package plan

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// column is one column of a table to be filled.
type column struct {
	Table    string
	Name     string
	Type     string
	Category string
	Enum     *string
	Required bool
}

// fill puts two rows into every table, so that statements whose work depends on there being any, such as the check of a foreign key, do it.
// Where no row can be made the table stays empty: locks and rewrites are the same without.
func fill(ctx context.Context, conn *pgx.Conn) error {
	// Foreign keys are not checked, so that tables may be filled in any order. It takes a superuser; without, some tables stay empty.
	if err := attempt(ctx, conn, "SET session_replication_role = replica"); err != nil {
		return err
	}
	columns, err := fillable(ctx, conn)
	if err != nil {
		return err
	}
	tables := map[string][]column{}
	var order []string
	for _, c := range columns {
		if len(tables[c.Table]) == 0 {
			order = append(order, c.Table)
		}
		tables[c.Table] = append(tables[c.Table], c)
	}
	for _, name := range order {
		for n := 1; n <= 2; n++ {
			if err := attempt(ctx, conn, insert(name, tables[name], n, false), insert(name, tables[name], n, true)); err != nil {
				return err
			}
		}
	}
	_, err = conn.Exec(ctx, "RESET ALL")
	return err
}

// empty takes the rows out again.
func empty(ctx context.Context, conn *pgx.Conn) error {
	var tables string
	err := conn.QueryRow(ctx, `
SELECT coalesce(string_agg(format('%I.%I', n.nspname, c.relname), ', '), '')
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'`).Scan(&tables)
	if err != nil || tables == "" {
		return err
	}
	_, err = conn.Exec(ctx, "TRUNCATE "+tables+" CASCADE")
	return err
}

// attempt runs the first of the statements that works. Only an error of the connection is one.
func attempt(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, sql := range statements {
		_, err := conn.Exec(ctx, sql)
		if err == nil {
			return nil
		}
		if conn.IsClosed() || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

func fillable(ctx context.Context, conn *pgx.Conn) ([]column, error) {
	rows, err := conn.Query(ctx, `
SELECT
    format('%I.%I', n.nspname, c.relname),
    quote_ident(a.attname),
    format_type(a.atttypid, a.atttypmod),
    y.typcategory::text,
    (SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = y.oid ORDER BY e.enumsortorder LIMIT 1),
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'
JOIN pg_type AS t ON t.oid = a.atttypid
JOIN pg_type AS y ON y.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
WHERE c.relkind = 'r'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
ORDER BY c.oid, a.attnum`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[column])
}

// insert makes a row of the simplest values; required alone leaves out the columns that need none.
func insert(table string, columns []column, n int, requiredAlone bool) string {
	var names, values []string
	for _, c := range columns {
		if requiredAlone && !c.Required {
			continue
		}
		names = append(names, c.Name)
		values = append(values, c.value(n))
	}
	if len(names) == 0 {
		return "INSERT INTO " + table + " DEFAULT VALUES"
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// value is a literal that the type of the column reads; n makes those of two rows differ.
func (c column) value(n int) string {
	quoted := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'::" + c.Type }
	switch {
	case c.Enum != nil:
		return quoted(*c.Enum)
	case c.Category == "A":
		return quoted("{}")
	case c.Category == "B":
		return "true"
	case c.Category == "D" && strings.HasPrefix(c.Type, "time ") || strings.HasPrefix(c.Type, "time("):
		return quoted(fmt.Sprintf("00:00:0%d", n))
	case c.Category == "D":
		return quoted(fmt.Sprintf("2026-01-0%d", n))
	case c.Category == "I":
		return quoted(fmt.Sprintf("10.0.0.%d", n))
	case c.Category == "N":
		return quoted(strconv.Itoa(n))
	case c.Category == "R":
		return quoted("empty")
	case c.Category == "T":
		return quoted(fmt.Sprintf("%d s", n))
	case c.Category == "V":
		return "NULL"
	}
	switch base, _, _ := strings.Cut(c.Type, "("); base {
	case "uuid":
		return quoted(fmt.Sprintf("00000000-0000-0000-0000-00000000000%d", n))
	case "json", "jsonb":
		return quoted("{}")
	case "bytea":
		return quoted(fmt.Sprintf(`\x0%d`, n))
	case "xml":
		return quoted("<a/>")
	}
	return quoted(string(rune('a' + n - 1)))
}
