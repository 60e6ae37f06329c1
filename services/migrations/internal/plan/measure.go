package plan

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/sqlsplit"
)

// inTransaction runs the statement in a transaction of its own, for good.
func (m *meter) inTransaction(ctx context.Context, sql string) (effects []migrations.Effect, err error) {
	err = pgx.BeginFunc(ctx, m.conn, func(tx pgx.Tx) error {
		effects, err = m.within(ctx, tx, sql)
		return err
	})
	return effects, err
}

// within runs the statement in the transaction, which holds nothing yet, and reads the locks that it holds then.
func (m *meter) within(ctx context.Context, tx pgx.Tx, sql string) ([]migrations.Effect, error) {
	if moves(sql) {
		// On a few rows the planner reads the whole table always; without that it does where no index serves, which is what it would do on many rows.
		if _, err := tx.Exec(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
			return nil, err
		}
	}
	before, err := m.look(ctx, m.conn)
	if err != nil {
		return nil, err
	}
	if _, err := m.conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		return nil, err
	}
	held, _, err := locksOf(ctx, m.conn, m.conn.PgConn().PID())
	if err != nil {
		return nil, err
	}
	after, err := m.look(ctx, m.conn)
	if err != nil {
		return nil, err
	}
	effects := m.effects(before, after, held)
	if first(sql) == "TRUNCATE" {
		// The files are new, but nothing is read for them and nothing written.
		for i := range effects {
			effects[i].Rewrite, effects[i].Scan = false, false
		}
	}
	return effects, nil
}

// moves reports whether a statement is one that moves or reads rows by a plan.
func moves(sql string) bool {
	return slices.Contains([]string{"DELETE", "INSERT", "MERGE", "SELECT", "UPDATE", "WITH"}, first(sql))
}

func first(sql string) string {
	cut, err := sqlsplit.Split(sql, sqlsplit.Postgres)
	if err != nil || len(cut) == 0 {
		return ""
	}
	return cut[0].Keyword()
}

// alone runs a statement that wants no transaction around it and ends its locks itself. A second session holds a lock on all tables until the
// statement is seen to wait for one of its own; from then on the books are read as often as can be until the statement has ended.
func (m *meter) alone(ctx context.Context, sql string) ([]migrations.Effect, error) {
	before, err := m.settle(ctx)
	if err != nil {
		return nil, err
	}
	gate, err := m.scratch.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closeConn(ctx, gate)
	if err := shut(ctx, gate); err != nil {
		return nil, err
	}
	result := make(chan error, 1)
	pid := m.conn.PgConn().PID()
	go func() {
		_, err := m.conn.PgConn().Exec(ctx, sql).ReadAll()
		result <- err
	}()
	seen, err := m.watch(ctx, gate, pid, result)
	if err != nil {
		return nil, err
	}
	after, err := m.settle(ctx)
	if err != nil {
		return nil, err
	}
	return m.effects(before, after, seen), nil
}

// watch collects the locks of the backend until the statement has ended, and opens the gate once it waits there or has passed by.
func (m *meter) watch(ctx context.Context, gate *pgx.Conn, pid uint32, result <-chan error) (locks, error) {
	seen := locks{}
	var failed error
	shutStill := true
	began := time.Now()
	for {
		held, waits, err := locksOf(ctx, m.watcher, pid)
		if err != nil && failed == nil {
			failed = err
		}
		seen.add(held)
		// A statement that takes no lock on a table never waits.
		if shutStill && (waits || failed != nil || time.Since(began) > time.Second) {
			shutStill = false
			if _, err := gate.Exec(ctx, "ROLLBACK"); err != nil && failed == nil {
				failed = err
			}
		}
		select {
		case err := <-result:
			if failed == nil {
				failed = err
			}
			return seen, failed
		default:
		}
	}
}

// shut takes a lock on all tables that stops what changes them and lets writers go on.
func shut(ctx context.Context, gate *pgx.Conn) error {
	rows, err := gate.Query(ctx, `
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('p', 'r')
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
ORDER BY c.oid`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		return err
	}
	if _, err := gate.Exec(ctx, "BEGIN"); err != nil {
		return err
	}
	_, err = gate.Exec(ctx, "LOCK TABLE ONLY "+strings.Join(names, ", ONLY ")+" IN SHARE UPDATE EXCLUSIVE MODE")
	return err
}

// settle makes the measuring session write its counters to the books and reads them.
func (m *meter) settle(ctx context.Context) (map[uint32]relation, error) {
	if _, err := m.conn.Exec(ctx, "SELECT pg_stat_force_next_flush()"); err != nil {
		return nil, err
	}
	return m.look(ctx, m.watcher)
}
