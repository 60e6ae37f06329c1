package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// mutation is the work behind an ALTER or a DELETE.
type mutation struct {
	id     string
	left   int64 // parts to do
	done   bool
	reason string // why the last try of a part failed
	// ours says that it has a command of the statement, for the partition.
	ours bool
}

// mutations returns those of the table that the statement changes; none of a statement that has no mutations. One of several commands is in the list once.
func (w *walker) mutations(ctx context.Context, p partition) ([]mutation, error) {
	if w.change.table == "" {
		return nil, nil
	}
	var list []mutation
	err := each(ctx, p.conn, `
SELECT
    mutation_id,
    command,
    parts_to_do,
    is_done > 0,
    latest_fail_reason
FROM system.mutations
WHERE database = if({database:String} = '', currentDatabase(), {database:String})
  AND table = {table:String}
  AND NOT is_killed
ORDER BY create_time, mutation_id`, func(scan func(...any) error) error {
		var m mutation
		var command string
		if err := scan(&m.id, &command, &m.left, &m.done, &m.reason); err != nil {
			return err
		}
		m.ours = w.change.made(command, w.c.database, p.id)
		if at := find(list, m); at >= 0 {
			list[at].ours = list[at].ours || m.ours
			return nil
		}
		list = append(list, m)
		return nil
	}, clickhouse.Named("database", w.change.database), clickhouse.Named("table", w.change.table))
	return list, err
}

// find returns the place of a mutation in a list, -1 when it is not there.
func find(list []mutation, m mutation) int {
	return slices.IndexFunc(list, func(other mutation) bool { return other.id == m.id })
}

// started returns what the statement has begun since the list of earlier ones was read. When none is known by its commands, because the server writes them in another
// way than its formatter, everything new may be of the statement: to wait for too much does no harm.
func started(earlier, now []mutation) []mutation {
	fresh := slices.DeleteFunc(now, func(m mutation) bool { return find(earlier, m) >= 0 })
	ours := slices.DeleteFunc(slices.Clone(fresh), func(m mutation) bool { return !m.ours })
	if len(ours) == 0 {
		ours = fresh
	}
	return slices.DeleteFunc(ours, func(m mutation) bool { return m.done })
}

// failingFor is how long a mutation may fail before it is given up.
const failingFor = 10 * time.Second

// await waits for mutations, and kills them when they keep failing.
func (w *walker) await(ctx context.Context, p partition, list []mutation) error {
	var failing time.Time
	for len(list) > 0 {
		if err := pause.For(ctx, w.cfg.Poll); err != nil {
			return err
		}
		now, err := w.mutations(ctx, p)
		if err != nil {
			return err
		}
		var open []mutation
		reason := ""
		for _, m := range list {
			at := find(now, m)
			if at < 0 {
				// A mutation that is done stays in the list for long; only one that was killed leaves it.
				return &fatal{fmt.Errorf("partition %s: somebody killed %s of %s before it was done", p.id, m.id, w.change.table)}
			}
			if m = now[at]; !m.done {
				open, reason = append(open, m), max(reason, m.reason)
			}
		}
		list = open
		switch {
		case reason == "":
			failing = time.Time{}
		case failing.IsZero():
			failing = w.now()
		case w.now().Sub(failing) >= failingFor:
			return errors.Join(&fatal{fmt.Errorf("partition %s: the mutation fails: %s", p.id, reason)}, w.kill(ctx, p, list))
		}
		if len(list) > 0 {
			w.say("partition %s: %d parts to do", p.id, list[0].left)
		}
	}
	return nil
}

// undo kills what still works on a partition after an operator cancelled.
func (w *walker) undo(ctx context.Context, p partition) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	list, err := w.mutations(ctx, p)
	if err != nil {
		return err
	}
	return w.kill(ctx, p, list)
}

// kill ends those of the statement; the parts that they have finished keep the change. Others have mutations on the same table, which are none of its business.
func (w *walker) kill(ctx context.Context, p partition, list []mutation) error {
	for _, m := range list {
		if m.done || !m.ours {
			continue
		}
		err := p.conn.Exec(ctx, "KILL MUTATION WHERE database = if({database:String} = '', currentDatabase(), {database:String}) AND table = {table:String} AND mutation_id = {id:String} ASYNC",
			clickhouse.Named("database", w.change.database), clickhouse.Named("table", w.change.table), clickhouse.Named("id", m.id))
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
