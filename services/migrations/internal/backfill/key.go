package backfill

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// key is the primary key of a table, by which its rows are gone through in order.
type key struct {
	table   string // as it stands in SQL
	columns []string
	types   []string
	// relations are the table and its partitions.
	relations []uint32
}

// readKey finds the primary key. A table without one has no order in which a checkpoint could stand.
func readKey(ctx context.Context, conn *pgx.Conn, table string) (key, error) {
	k := key{table: named(table)}
	err := conn.QueryRow(ctx, `
SELECT coalesce(array_agg(relid), '{}')
FROM (
    SELECT to_regclass($1)::oid AS relid
    UNION
    SELECT relid::oid FROM pg_partition_tree(to_regclass($1))
) AS tree
WHERE relid IS NOT NULL`, k.table).Scan(&k.relations)
	if err != nil {
		return k, err
	}
	if len(k.relations) == 0 {
		return k, &fatal{fmt.Errorf("table %s is not there", table)}
	}
	rows, err := conn.Query(ctx, `
SELECT
    a.attname,
    format_type(a.atttypid, a.atttypmod)
FROM pg_index AS i
CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS part (attnum, place)
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = part.attnum
WHERE i.indrelid = to_regclass($1)
  AND i.indisprimary
  AND part.place <= i.indnkeyatts
ORDER BY part.place`, k.table)
	if err != nil {
		return k, err
	}
	var column, kind string
	_, err = pgx.ForEachRow(rows, []any{&column, &kind}, func() error {
		k.columns, k.types = append(k.columns, pgx.Identifier{column}.Sanitize()), append(k.types, kind)
		return nil
	})
	if err == nil && len(k.columns) == 0 {
		err = &fatal{fmt.Errorf("table %s has no primary key: a backfill goes through the rows in its order; add one, or move the rows in a migration", table)}
	}
	return k, err
}

func (k key) row() string { return "(" + strings.Join(k.columns, ", ") + ")" }

// list is the columns with something before and behind each.
func (k key) list(before, behind string) string {
	return before + strings.Join(k.columns, behind+", "+before) + behind
}

// bound is a key whose parts are the parameters from a number on, as text.
func (k key) bound(first int) string {
	parts := make([]string, len(k.columns))
	for i, kind := range k.types {
		parts[i] = fmt.Sprintf("$%d::text::%s", first+i, kind)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// last is the query of the last key of the next batch, and of its rows. With a checkpoint its parameters are those of the checkpoint, then the size.
func (k key) last(checkpoint bool) string {
	where, size := "", 1
	if checkpoint {
		where, size = "\n    WHERE "+k.row()+" > "+k.bound(1), 1+len(k.columns)
	}
	return fmt.Sprintf(`
SELECT
    ARRAY[%s],
    count(*) OVER ()
FROM (
    SELECT %s
    FROM %s%s
    ORDER BY %s
    LIMIT $%d
) AS part
ORDER BY %s
LIMIT 1`, k.list("part.", "::text"), k.list("", ""), k.table, where, k.list("", ""), size, k.list("part.", " DESC"))
}

// batch is the table of that name, of the keys up to the last one. Its parameters are those of the last key, then those of the checkpoint.
// It has bounds instead of a limit, so that rows which others put between since then are in it too.
func (k key) batch(checkpoint bool) string {
	where := k.row() + " <= " + k.bound(1)
	if checkpoint {
		where += "\n      AND " + k.row() + " > " + k.bound(1+len(k.columns))
	}
	return fmt.Sprintf(`batch AS MATERIALIZED (
    SELECT %s
    FROM %s
    WHERE %s
    ORDER BY %s
)`, k.list("", ""), k.table, where, k.list("", ""))
}
