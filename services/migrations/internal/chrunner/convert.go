package chrunner

import (
	"context"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// checkConvert reads a column before its type is changed. A change that fails on the way cannot be taken back: the definition has the new type, the parts have the old.
func (r *run) checkConvert(ctx context.Context, h *host, s statement, a action) error {
	to := a.typeOf()
	if to == "" {
		return nil
	}
	var from string
	var physical bool
	err := each(ctx, h.server, `
SELECT
    type,
    default_kind NOT IN ('ALIAS', 'EPHEMERAL')
FROM system.columns
WHERE database = {database:String}
  AND table = {table:String}
  AND name = {name:String}`, func(scan func(...any) error) error { return scan(&from, &physical) },
		clickhouse.Named("database", s.object().in(h)), clickhouse.Named("table", s.object().name), clickhouse.Named("name", a.name))
	if err != nil {
		return h.away(err)
	}
	if from == "" || from == to || !physical {
		return nil
	}
	target, nullable := core(to)
	source, _ := core(from)
	name := quoted(a.name)
	table := s.object().sql()
	where := r.where(s) + h.prefix()
	if strings.Contains(from, "Nullable(") && !nullable && !hasDefault(a) {
		n, err := scalar[uint64](ctx, h.conn, "SELECT countIf(isNull("+name+")) FROM "+table)
		if err != nil {
			return h.away(err)
		}
		if n > 0 {
			return r.refuse(ruleConvert, "%s%d rows of %s.%s are NULL, which %s cannot hold: fill them first, or give the column a DEFAULT", where, n, s.object(), a.name, to)
		}
	}
	if source == target || strings.HasPrefix(target, "Float") && !strings.Contains(source, "String") {
		return nil
	}
	var bad uint64
	var examples []string
	probe := "accurateCastOrNull(" + name + ", {type:String})"
	err = each(ctx, h.conn, "SELECT countIf(isNull("+probe+") AND isNotNull("+name+")), groupArrayIf(3)(toString("+name+"), isNull("+probe+") AND isNotNull("+name+")) FROM "+table,
		func(scan func(...any) error) error { return scan(&bad, &examples) }, clickhouse.Named("type", target))
	if exception(err) != nil {
		// Arrays, maps and enums know no OrNull: the change itself is tried on the rows, and its error counts them as one.
		err = h.conn.Exec(ctx, "SELECT count() FROM "+table+" WHERE NOT ignore(CAST("+name+" AS "+to+")) FORMAT Null")
		if e := exception(err); e != nil {
			return r.refuse(ruleConvert, "%srows of %s.%s cannot be converted to %s: %s; the change would leave the table unreadable, so mend the rows first or add a new column",
				where, s.object(), a.name, to, short(e.Message))
		}
	}
	if err != nil {
		return h.away(err)
	}
	if bad > 0 {
		return r.refuse(ruleConvert, "%s%d rows of %s.%s cannot be converted from %s to %s without loss, such as %s: the change would leave the table unreadable or lose values, so mend the rows first or add a new column",
			where, bad, s.object(), a.name, from, to, "'"+strings.Join(examples, "', '")+"'")
	}
	return nil
}

// core is a type without LowCardinality and Nullable around it.
func core(kind string) (inner string, nullable bool) {
	for {
		text, low := strings.CutPrefix(kind, "LowCardinality(")
		if !low {
			if text, low = strings.CutPrefix(kind, "Nullable("); low {
				nullable = true
			}
		}
		if !low {
			return kind, nullable
		}
		kind = strings.TrimSuffix(text, ")")
	}
}

// hasDefault reports whether MODIFY COLUMN gives the column a default.
func hasDefault(a action) bool {
	for _, t := range a.define {
		if t.up == "DEFAULT" {
			return true
		}
	}
	return false
}
