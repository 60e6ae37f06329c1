package plan

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/migrations"
)

// alone runs a statement that wants no transaction around it and ends its locks itself, so that they can only be read while it runs. Gates make it wait:
// other sessions hold locks on the tables until it is seen to ask for one of its own.
func (m *meter) alone(ctx context.Context, sql string) (effects []migrations.Effect, err error) {
	before, err := m.settle(ctx)
	if err != nil {
		return nil, err
	}
	g := &gates{scratch: m.scratch.Connect, weak: map[uint32]*pgx.Conn{}}
	defer func() { err = errors.Join(err, g.open(ctx)) }()
	if err := g.shut(ctx); err != nil {
		return nil, err
	}
	result := make(chan error, 1)
	pid := m.conn.PgConn().PID()
	go func() {
		_, err := m.conn.PgConn().Exec(ctx, sql).ReadAll()
		result <- err
	}()
	seen, err := m.watch(ctx, g, pid, result)
	if err != nil {
		// The gates would keep us from dropping it.
		return nil, errors.Join(err, g.open(ctx), m.dropInvalid(ctx, before))
	}
	after, err := m.settle(ctx)
	if err != nil {
		return nil, err
	}
	return m.effects(before, after, seen), nil
}

// dropInvalid removes the indexes that a failed statement has left behind.
func (m *meter) dropInvalid(ctx context.Context, before map[uint32]relation) error {
	old := make([]uint32, 0, len(before))
	for oid := range before {
		old = append(old, oid)
	}
	rows, err := m.watcher.Query(ctx, `
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid
  AND n.nspname !~ '^pg_'
  AND c.oid <> ALL ($1::oid[])`, old)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, name := range names {
		if _, dropErr := m.watcher.Exec(ctx, "DROP INDEX "+name); dropErr != nil {
			err = errors.Join(err, dropErr)
		}
	}
	return err
}

// watch collects the locks of the backend until the statement has ended, and opens each gate once the statement waits at it.
func (m *meter) watch(ctx context.Context, g *gates, pid uint32, result <-chan error) (locks, error) {
	seen := locks{}
	for {
		held, blockers, err := locksOf(ctx, m.watcher, pid)
		if err == nil {
			seen.add(held)
			err = g.pass(ctx, seen, blockers)
		}
		if err != nil {
			// The statement must end before the session can be used again.
			return seen, errors.Join(err, g.open(ctx), <-result)
		}
		select {
		case err := <-result:
			return seen, err
		default:
		}
	}
}

// gates are sessions that hold locks in the statement's way.
type gates struct {
	scratch func(context.Context) (*pgx.Conn, error)
	// strong holds a lock on all tables that stops what changes them or writes into them; nil when it is open.
	strong *pgx.Conn
	// weak hold a reader's lock each, on the tables that hang together with those the statement came to. They stop only who wants a table for itself.
	weak map[uint32]*pgx.Conn
}

// shut takes the strong lock.
func (g *gates) shut(ctx context.Context) error {
	gate, err := g.scratch(ctx)
	if err != nil {
		return err
	}
	g.strong = gate
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
	_, err = gate.Exec(ctx, "LOCK TABLE ONLY "+strings.Join(names, ", ONLY ")+" IN SHARE ROW EXCLUSIVE MODE")
	return err
}

// pass opens the gates at which the statement waits. Behind the strong gate weak ones are shut first.
func (g *gates) pass(ctx context.Context, seen locks, blockers []uint32) error {
	if g.strong != nil && slices.Contains(blockers, g.strong.PgConn().PID()) {
		if err := g.shutWeak(ctx, seen); err != nil {
			return err
		}
		return g.openStrong(ctx)
	}
	for oid, gate := range g.weak {
		if slices.Contains(blockers, gate.PgConn().PID()) {
			delete(g.weak, oid)
			return gate.Close(ctx)
		}
	}
	return nil
}

// shutWeak takes a reader's lock on each table that was seen or is a child of one; where the statement has the table for itself already, none.
func (g *gates) shutWeak(ctx context.Context, seen locks) error {
	tables := make([]uint32, 0, len(seen))
	for oid := range seen {
		tables = append(tables, oid)
	}
	rows, err := g.strong.Query(ctx, `
SELECT DISTINCT c.oid, format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid
WHERE c.relkind IN ('p', 'r')
  AND n.nspname <> 'pg_catalog'
  AND (c.oid = ANY ($1::oid[]) OR i.inhparent = ANY ($1::oid[]))`, tables)
	if err != nil {
		return err
	}
	names := map[uint32]string{}
	var oid uint32
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&oid, &name}, func() error {
		names[oid] = name
		return nil
	}); err != nil {
		return err
	}
	for oid, name := range names {
		gate, err := g.scratch(ctx)
		if err != nil {
			return err
		}
		g.weak[oid] = gate
		if _, err := gate.Exec(ctx, "BEGIN"); err != nil {
			return err
		}
		// An error means that the statement, or the strong gate before it, is in the way.
		_, _ = gate.Exec(ctx, "LOCK TABLE ONLY "+name+" IN ACCESS SHARE MODE NOWAIT")
	}
	return nil
}

func (g *gates) openStrong(ctx context.Context) error {
	if g.strong == nil {
		return nil
	}
	gate := g.strong
	g.strong = nil
	return gate.Close(context.WithoutCancel(ctx))
}

func (g *gates) openWeak(ctx context.Context) error {
	var mistakes []error
	for oid, gate := range g.weak {
		delete(g.weak, oid)
		mistakes = append(mistakes, gate.Close(context.WithoutCancel(ctx)))
	}
	return errors.Join(mistakes...)
}

// open opens all.
func (g *gates) open(ctx context.Context) error {
	return errors.Join(g.openStrong(ctx), g.openWeak(ctx))
}
