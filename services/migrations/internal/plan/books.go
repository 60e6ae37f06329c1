package plan

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/migrations"
)

// relation is what the server's books say of one.
type relation struct {
	name string
	// node is the file that holds its rows; it changes when they are all written anew. Nil for relations without rows of their own.
	node *uint32
	// scans are full reads begun by this transaction, or by all when it is read outside of the transaction that makes them.
	scans int64
	table bool
}

// look reads all relations of the database but the system's. Inside a transaction the scans are those of the transaction.
func (m *meter) look(ctx context.Context, conn *pgx.Conn) (map[uint32]relation, error) {
	rows, err := conn.Query(ctx, `
SELECT
    c.oid,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname),
    pg_relation_filenode(c.oid)::oid,
    CASE WHEN $1 THEN pg_stat_get_xact_numscans(c.oid) ELSE pg_stat_get_numscans(c.oid) + pg_stat_get_vacuum_count(c.oid) END,
    c.relkind NOT IN ('i', 'I')
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('f', 'i', 'I', 'm', 'p', 'r', 'S', 'v')
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'`, conn.PgConn().TxStatus() == 'T')
	if err != nil {
		return nil, err
	}
	found := map[uint32]relation{}
	var oid uint32
	var r relation
	_, err = pgx.ForEachRow(rows, []any{&oid, &r.name, &r.node, &r.scans, &r.table}, func() error {
		found[oid] = r
		return nil
	})
	return found, err
}

// modes are the lock modes of tables, from the weakest, with their names in the documentation.
var modes = []struct{ book, name string }{
	{"AccessShareLock", "ACCESS SHARE"},
	{"RowShareLock", "ROW SHARE"},
	{"RowExclusiveLock", "ROW EXCLUSIVE"},
	{"ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"},
	{"ShareLock", "SHARE"},
	{"ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"},
	{"ExclusiveLock", "EXCLUSIVE"},
	{"AccessExclusiveLock", "ACCESS EXCLUSIVE"},
}

// locks are the strongest modes a backend holds or waits for, by relation, as places in modes.
type locks map[uint32]int

func (l locks) add(other locks) {
	for oid, mode := range other {
		l[oid] = max(l[oid], mode)
	}
}

// locksOf reads them of one backend, and the backends that it waits for, whether for a lock of theirs or for the end of their transactions.
// The blockers are read first: what the backend wants of them is among the locks then, since it waits on.
func locksOf(ctx context.Context, conn *pgx.Conn, pid uint32) (held locks, blockers []uint32, err error) {
	var pids []int32
	if err := conn.QueryRow(ctx, "SELECT pg_blocking_pids($1)", int32(pid)).Scan(&pids); err != nil {
		return nil, nil, err
	}
	for _, blocker := range pids {
		blockers = append(blockers, uint32(blocker))
	}
	rows, err := conn.Query(ctx, `
SELECT l.relation, l.mode
FROM pg_locks AS l
WHERE l.pid = $1
  AND l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`, int32(pid))
	if err != nil {
		return nil, nil, err
	}
	held = locks{}
	var oid uint32
	var mode string
	_, err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		place := slices.IndexFunc(modes, func(m struct{ book, name string }) bool { return m.book == mode })
		held[oid] = max(held[oid], place)
		return nil
	})
	return held, blockers, err
}

// effects are what changed in the books between two looks, of the relations that were there before the first file.
// A reader's lock on a relation that is not read in full hinders nobody and is left out, and so is a writer's on an index.
func (m *meter) effects(before, after map[uint32]relation, held locks) []migrations.Effect {
	const (
		rowExclusive         = 2
		shareUpdateExclusive = 3
	)
	var list []migrations.Effect
	for oid, name := range m.known {
		was, ok := before[oid]
		if !ok {
			continue // an earlier statement dropped it
		}
		mode, locked := held[oid]
		is, still := after[oid]
		e := migrations.Effect{Relation: name}
		if locked {
			e.Lock = modes[mode].name
		}
		e.Scan = still && is.scans > was.scans && is.table
		e.Rewrite = still && was.node != nil && is.node != nil && *was.node != *is.node
		weakest := shareUpdateExclusive
		if was.table {
			weakest = rowExclusive
		}
		if locked && mode >= min(weakest, shareUpdateExclusive) && (mode > 0) || e.Scan || e.Rewrite {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b migrations.Effect) int { return cmp.Compare(a.Relation, b.Relation) })
	return list
}

func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
