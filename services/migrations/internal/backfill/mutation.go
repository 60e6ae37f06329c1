package backfill

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// mutation is the work behind an ALTER.
type mutation struct {
	table, id string
	left      int64 // parts to do
	done      bool
	reason    string // why the last try of a part failed
	// ours says that it works on the partition.
	ours bool
}

// mutations returns those of the database.
func mutations(ctx context.Context, p partition) ([]mutation, error) {
	var list []mutation
	err := each(ctx, p.conn, `
SELECT
    table,
    mutation_id,
    parts_to_do,
    is_done > 0,
    latest_fail_reason,
    position(command, concat('PARTITION ID ''', {partition:String}, '''')) > 0
FROM system.mutations
WHERE database = currentDatabase()
  AND NOT is_killed`, func(scan func(...any) error) error {
		var m mutation
		err := scan(&m.table, &m.id, &m.left, &m.done, &m.reason, &m.ours)
		list = append(list, m)
		return err
	}, clickhouse.Named("partition", p.id))
	return list, err
}

// undo kills what still works on a partition after an operator cancelled.
func undo(ctx context.Context, p partition) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	list, err := mutations(ctx, p)
	if err != nil {
		return err
	}
	return kill(ctx, p, slices.DeleteFunc(list, func(m mutation) bool { return m.done || !m.ours }))
}

// kill ends mutations. The parts that they have finished keep the change.
func kill(ctx context.Context, p partition, list []mutation) error {
	for _, m := range list {
		err := p.conn.Exec(ctx, "KILL MUTATION WHERE database = currentDatabase() AND table = {table:String} AND mutation_id = {id:String} ASYNC",
			clickhouse.Named("table", m.table), clickhouse.Named("id", m.id))
		if err != nil {
			return awayCH(err)
		}
	}
	return nil
}

// insertTarget is the table into which a statement inserts, "" when it is no INSERT.
func insertTarget(statement string) string {
	words := sqlsplit.Statement{Text: statement}.Words(4)
	if len(words) < 3 || words[0] != "INSERT" || words[1] != "INTO" {
		return ""
	}
	name := 2
	if words[2] == "TABLE" {
		name = 3
	}
	fields := strings.FieldsFunc(statement, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '(' })
	if name >= len(fields) {
		return ""
	}
	return strings.Trim(fields[name], "`\"")
}
