package chrunner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// checkDrop refuses to drop more than the limit in one statement: it cannot be taken back. The server has the same limit for some of these statements.
func (r *run) checkDrop(ctx context.Context, h *host, s statement) error {
	var objects []object
	partition := slices.ContainsFunc(s.actions, func(a action) bool {
		return (a.verb == "DROP" || a.verb == "REPLACE") && (a.what == "PARTITION" || a.what == "PART")
	})
	switch {
	case s.verb == "DROP" && (s.what == "TABLE" || s.what == "VIEW"), s.verb == "TRUNCATE" && s.what != "DATABASE", partition:
		objects = s.objects
	case s.verb == "CREATE" && s.replace && s.what == "TABLE":
		objects = s.objects
	}
	for _, o := range objects {
		bytes, err := h.bytes(ctx, o, nil)
		if err != nil {
			return err
		}
		if bytes > r.cfg.MaxDropBytes {
			what := o.String()
			if partition {
				what = "a part of " + what
			}
			err := r.refuse(ruleDropSize, "%s%s%s of %s holds %s, and more than %s is not dropped by a migration: detach it, or drop it by partitions",
				r.where(s), h.prefix(), strings.ToLower(s.verb), what, size(bytes), size(r.cfg.MaxDropBytes))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// checkDisk refuses to rewrite columns without room for them: the old parts stay until the new ones are there, and some minutes longer.
func (r *run) checkDisk(ctx context.Context, h *host, s statement) error {
	what, err := h.lack(ctx, s)
	if err != nil || what == "" {
		return err
	}
	return r.refuse(ruleFreeDisk, "%s%s%s: make room first; nothing was begun", r.where(s), h.prefix(), what)
}

// lack says what room a statement needs and does not have, "" when there is enough.
func (h *host) lack(ctx context.Context, s statement) (string, error) {
	columns, all := rewritten(s)
	if len(columns) == 0 && !all {
		return "", nil
	}
	if all {
		columns = nil
	}
	bytes, err := h.bytes(ctx, s.object(), columns)
	if err == nil && bytes == 0 {
		// Compact parts do not know the sizes of their columns, and are rewritten as a whole.
		bytes, err = h.bytes(ctx, s.object(), nil)
	}
	if err != nil || bytes == 0 {
		return "", err
	}
	free, err := scalar[uint64](ctx, h.server, `
SELECT sum(toUInt64(if(unreserved_space > keep_free_space, unreserved_space - keep_free_space, 0)))
FROM system.disks
WHERE name IN (
    SELECT arrayJoin(disks)
    FROM system.storage_policies
    WHERE policy_name IN (
        SELECT storage_policy
        FROM system.tables
        WHERE database = {database:String}
          AND name = {table:String}
    )
)`, clickhouse.Named("database", s.object().in(h)), clickhouse.Named("table", s.object().name))
	if err != nil {
		return "", h.away(err)
	}
	need := uint64(diskReserve * float64(bytes))
	if free >= need {
		return "", nil
	}
	what := "all columns"
	if len(columns) > 0 {
		what = "the column " + strings.Join(columns, ", ")
	}
	return fmt.Sprintf("rewriting %s of %s needs %s of free disk and there is %s", what, s.object(), size(need), size(free)), nil
}

// rewritten returns the columns whose data a statement writes anew, or that it is all of them.
func rewritten(s statement) (columns []string, all bool) {
	for _, a := range s.actions {
		switch {
		case a.verb == "UPDATE":
			columns = append(columns, a.sets()...)
		case a.verb == "DELETE", a.verb == "MATERIALIZE" && (a.what == "TTL" || a.what == "PROJECTION"), a.verb == "REWRITE":
			all = true
		case a.verb == "MATERIALIZE" && a.what == "COLUMN", a.verb == "MODIFY" && a.what == "COLUMN" && a.typeOf() != "":
			columns = append(columns, a.name)
		}
	}
	return columns, all
}

// bytes returns the size of columns of a table on the disk, or of the table when no columns are given.
func (h *host) bytes(ctx context.Context, o object, columns []string) (uint64, error) {
	sql := "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database:String} AND table = {table:String}"
	args := []any{clickhouse.Named("database", o.in(h)), clickhouse.Named("table", o.name)}
	if columns != nil {
		sql = "SELECT sum(data_compressed_bytes) FROM system.columns WHERE database = {database:String} AND table = {table:String} AND name IN ({columns:Array(String)})"
		args = append(args, clickhouse.Named("columns", columns))
	}
	bytes, err := scalar[uint64](ctx, h.server, sql, args...)
	return bytes, h.away(err)
}

// size writes bytes for people.
func size(bytes uint64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%d bytes", bytes)
}
