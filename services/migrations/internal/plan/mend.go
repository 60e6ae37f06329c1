package plan

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// mend takes out the rows of ours that a statement does not like, which say nothing about those of others: of the one table that the server names, else,
// or when that was not enough, of all. It reports false when none is left to take out.
func (m *meter) mend(ctx context.Context, sql string, err error) (bool, error) {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || !strings.HasPrefix(refused.Code, classDataException) && !strings.HasPrefix(refused.Code, classIntegrity) || m.emptied[""] {
		return false, nil
	}
	one := ""
	if refused.TableName != "" {
		if err := m.conn.QueryRow(ctx, "SELECT format('%I.%I', $1::text, $2::text)", refused.SchemaName, refused.TableName).Scan(&one); err != nil {
			return false, err
		}
	}
	if m.emptied[one] {
		one = ""
	}
	m.emptied[one] = true
	if one == "" {
		return true, empty(ctx, m.conn)
	}
	if _, err := attempt(ctx, m.conn, "DELETE FROM "+one); err != nil {
		return false, err
	}
	if refused.Code == codeCheck && refused.ConstraintName == "" {
		return true, m.refill(ctx, one, sql)
	}
	return true, nil
}

// refill puts a row into a table that is to become a partition, with the bounds that the statement names in the columns by which tables are parted.
func (m *meter) refill(ctx context.Context, name, sql string) error {
	tables, err := fillable(ctx, m.conn)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(tables, func(t table) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	var keys []string
	if err := m.conn.QueryRow(ctx, `
SELECT coalesce(array_agg(DISTINCT quote_ident(a.attname)), '{}')
FROM pg_partitioned_table AS p
JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[])`).Scan(&keys); err != nil {
		return err
	}
	t := tables[i]
	steps := make([]int, len(t.columns))
	bounds := append(literals.FindAllString(sql, -1), numbers.FindAllString(literals.ReplaceAllString(sql, ""), -1)...)
	for i := range t.columns {
		if len(bounds) > 0 && slices.Contains(keys, t.columns[i].Name) {
			t.columns[i].Others = []string{strings.Trim(bounds[0], "'")}
			steps[i] = 1
		}
	}
	_, err = attempt(ctx, m.conn, t.insert(1, steps))
	return err
}
