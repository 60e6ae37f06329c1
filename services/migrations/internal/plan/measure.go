package plan

import (
	"context"
	"slices"
	"strings"

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
	for _, local := range m.locals {
		if _, err := tx.Exec(ctx, local); err != nil {
			return nil, err
		}
	}
	read, err := steer(ctx, tx, sql)
	if err != nil {
		return nil, err
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
	for oid, r := range after {
		if slices.Contains(read, r.name) {
			r.scans++
			after[oid] = r
		}
	}
	effects := m.effects(before, after, held)
	if empties(sql) {
		// The files are new, but nothing is read for them and nothing written.
		for i := range effects {
			effects[i].Rewrite, effects[i].Scan = false, false
		}
	}
	return effects, nil
}

// steer makes the server go on a few rows the way it would go on many, and names the tables that a query reads in full through an index.
func steer(ctx context.Context, tx pgx.Tx, sql string) ([]string, error) {
	switch {
	case moves(sql):
		// On a few rows whole tables are read always; without that where no index serves.
		if _, err := tx.Exec(ctx, "SET LOCAL enable_seqscan = off"); err != nil {
			return nil, err
		}
		return reads(ctx, tx, sql)
	case first(sql) == "ALTER":
		// The check of a foreign key looks few rows up one by one and puts many beside the whole other table.
		_, err := tx.Exec(ctx, "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off")
		return nil, err
	case first(sql) == "CREATE":
		// So does the query of a view or table.
		_, err := tx.Exec(ctx, "SET LOCAL enable_nestloop = off")
		return nil, err
	}
	return nil, nil
}

// empties reports whether a statement leaves no rows.
func empties(sql string) bool {
	words := strings.Fields(strings.ToUpper(sql))
	return first(sql) == "TRUNCATE" || first(sql) == "REFRESH" && len(words) > 3 && slices.Equal(words[len(words)-3:], []string{"WITH", "NO", "DATA"})
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

// settle makes the measuring session write its counters to the books and reads them.
func (m *meter) settle(ctx context.Context) (map[uint32]relation, error) {
	if _, err := m.conn.Exec(ctx, "SELECT pg_stat_force_next_flush()"); err != nil {
		return nil, err
	}
	return m.look(ctx, m.watcher)
}
