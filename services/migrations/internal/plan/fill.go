package plan

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tries bounds the search for a row that the checks of a table let in.
const tries = 400

// SQLSTATEs of a row that is refused.
const (
	codeCheck  = "23514"
	codeUnique = "23505"
)

// table is one to be filled.
type table struct {
	name    string
	columns []column
}

// fill puts two rows into every table, so that statements whose work depends on there being any, such as the check of a foreign key, do it.
// Where no row can be made the table stays empty: locks and rewrites are the same without.
func fill(ctx context.Context, conn *pgx.Conn) error {
	// Foreign keys are not checked, so that tables may be filled in any order. It takes a superuser; without, some tables stay empty.
	if _, err := attempt(ctx, conn, "SET session_replication_role = replica"); err != nil {
		return err
	}
	tables, err := fillable(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.fill(ctx, conn); err != nil {
			return err
		}
	}
	views, err := populated(ctx, conn)
	if err != nil {
		return err
	}
	for _, name := range views {
		if _, err := attempt(ctx, conn, "REFRESH MATERIALIZED VIEW "+name); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "RESET ALL")
	return err
}

// fill tries the simplest values. When a check refuses them, those of its columns are varied, one step after the other through all that may fit;
// when something else is wrong with them, the columns that need no value get none.
func (t table) fill(ctx context.Context, conn *pgx.Conn) error {
	steps := make([]int, len(t.columns))
	for n := 1; n <= 2; n++ {
		for range tries {
			refused, err := attempt(ctx, conn, t.insert(n, steps))
			if err != nil {
				return err
			}
			switch {
			case refused == nil:
			case refused.Code == codeCheck && t.vary(n, steps, refused):
				continue
			case slices.ContainsFunc(t.columns, func(c column) bool { return !c.Required }) && refused.Code != codeUnique:
				return table{t.name, slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return !c.Required })}.fill(ctx, conn)
			}
			break
		}
	}
	return nil
}

// vary goes one step on, like a counter whose digits are the columns of the check. It reports false when all was tried.
func (t table) vary(n int, steps []int, refused *pgconn.PgError) bool {
	for i, c := range t.columns {
		if !slices.Contains(c.Checks, refused.ConstraintName) {
			continue
		}
		steps[i]++
		if steps[i] < len(c.candidates(n)) {
			return true
		}
		steps[i] = 0
	}
	return false
}

func (t table) insert(n int, steps []int) string {
	if len(t.columns) == 0 {
		return "INSERT INTO " + t.name + " DEFAULT VALUES"
	}
	names, values := make([]string, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i], values[i] = c.Name, c.candidates(n)[steps[i]]
	}
	return "INSERT INTO " + t.name + " (" + strings.Join(names, ", ") + ") OVERRIDING SYSTEM VALUE VALUES (" + strings.Join(values, ", ") + ")"
}

// attempt runs a statement and returns why the server refused it. Only an error of the connection is one.
func attempt(ctx context.Context, conn *pgx.Conn, sql string) (*pgconn.PgError, error) {
	_, err := conn.Exec(ctx, sql)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && !conn.IsClosed() && ctx.Err() == nil {
		return refused, nil
	}
	return nil, err
}

// fillable reads the tables with the columns that take a value, and what the checks on each say.
func fillable(ctx context.Context, conn *pgx.Conn) ([]table, error) {
	rows, err := conn.Query(ctx, `
SELECT
    format('%I.%I', n.nspname, c.relname),
    quote_ident(a.attname),
    format_type(a.atttypid, a.atttypmod),
    y.typcategory::text,
    ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = y.oid ORDER BY e.enumsortorder),
    a.attnotnull,
    coalesce(k.names, '{}'),
    coalesce(k.texts, '{}')
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
LEFT JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_type AS y ON y.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
LEFT JOIN LATERAL (
    SELECT array_agg(k.name) AS names, array_agg(k.text) AS texts
    FROM (
        SELECT k.conname::text AS name, pg_get_constraintdef(k.oid) AS text
        FROM pg_constraint AS k
        WHERE k.contype = 'c'
          AND (k.conrelid = c.oid AND a.attnum = ANY (k.conkey) OR k.contypid = t.oid)
        UNION ALL
        -- The server names no constraint when a partition does not take a row.
        SELECT '', pg_get_partition_constraintdef(c.oid)
        WHERE c.relispartition
          AND position(quote_ident(a.attname) IN pg_get_partition_constraintdef(c.oid)) > 0
    ) AS k
) AS k ON true
WHERE c.relkind = 'r'
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
ORDER BY c.oid, a.attnum`)
	if err != nil {
		return nil, err
	}
	var tables []table
	var name string
	var c struct {
		name, of, category *string
		required           *bool
	}
	var labels, checks, texts []string
	_, err = pgx.ForEachRow(rows, []any{&name, &c.name, &c.of, &c.category, &labels, &c.required, &checks, &texts}, func() error {
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
		}
		if c.name == nil {
			return nil // it has none
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, newColumn(*c.name, *c.of, *c.category, labels, *c.required, checks, texts))
		return nil
	})
	return tables, err
}

// populated are the materialized views that have rows, or would have.
func populated(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, `
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'm'
  AND c.relispopulated
  AND n.nspname !~ '^pg_'
ORDER BY c.oid`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// empty takes all rows out again.
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
