package plan_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/plan"
	"devtrail.dev/services/migrations/internal/scratch"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func files(t *testing.T, texts ...string) []schema.File {
	t.Helper()
	fsys := fstest.MapFS{}
	for i, text := range texts {
		fsys[fmt.Sprintf("%04d_f.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	list, err := schema.Files(fsys)
	require.NoError(t, err)
	return list
}

// liveDDL is a database with the schema and the rows. Each is a copy of one template.
func liveDDL(t *testing.T) string {
	t.Helper()
	return dbtest.Postgres(t, fstest.MapFS{"0001_f.sql": {Data: []byte(ddlSchema)}, "0002_f.sql": {Data: []byte(ddlRows)}})
}

func target(t *testing.T, address string) migrations.Target {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return migrations.Target{Name: "x", Engine: migrations.Postgres, Database: strings.TrimPrefix(u.Path, "/")}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(address)
	require.NoError(t, err)
	cfg.RuntimeParams["timezone"] = "UTC"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// planned is what the planner says of one statement upon the schema.
func planned(t *testing.T, address, sql string) migrations.PlannedStatement {
	t.Helper()
	all := files(t, ddlSchema, sql)
	made, err := plan.New(plan.Deps{PostgresURL: dbtest.PostgresServer(t)}).Plan(t.Context(), target(t, address), all[:1], all[1:], nil)
	require.NoError(t, err)
	require.Len(t, made.Segments, 1)
	require.Len(t, made.Segments[0].Statements, 1)
	require.Empty(t, made.Segments[0].Statements[0].Unmeasured)
	return made.Segments[0].Statements[0]
}

// verdict is an Effect without the sizes.
type verdict struct {
	Relation, Lock string
	Scan, Rewrite  bool
}

func verdicts(effects []migrations.Effect) []verdict {
	list := []verdict{}
	for _, e := range effects {
		list = append(list, verdict{e.Relation, e.Lock, e.Scan, e.Rewrite})
	}
	return list
}

// TestThePlanSaysWhatPostgresDoes runs every kind of change on a live database with rows, and measures with other means than the planner has: the locks
// are read by a second session while the transaction is open, rewrites by the files and their sizes, scans by the rows read.
func TestThePlanSaysWhatPostgresDoes(t *testing.T) {
	t.Parallel()
	kinds := strings.Split(strings.TrimSpace(ddl), "\n")
	require.GreaterOrEqual(t, len(kinds), 100)
	copied, err := scratch.OpenPostgres(t.Context(), dbtest.PostgresServer(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, copied.Close(context.WithoutCancel(t.Context()))) }()
	require.NoError(t, copied.Replay(t.Context(), files(t, ddlSchema)))
	meter, err := plan.NewMeter(t.Context(), copied)
	require.NoError(t, err)
	defer meter.Close(t.Context())
	address := liveDDL(t)
	worker, observer := connect(t, address), connect(t, address)
	for _, sql := range kinds {
		effects, err := meter.Measure(t.Context(), sql)
		var violation *pgconn.PgError
		if errors.As(err, &violation) && strings.HasPrefix(violation.Code, "23") {
			effects = planned(t, address, sql).Effects // the rows of the copy do not fit, which the whole planner knows to mend
		} else {
			require.NoError(t, err, sql)
		}
		said, done := verdicts(effects), done(t, worker, observer, sql)
		assert.Equal(t, done, said, sql)
		for i, v := range said {
			for _, wrong := range spoilt(v) {
				plan := slices.Clone(said)
				plan[i] = wrong
				assert.NotEqual(t, done, plan, "%s: a wrong verdict would not be noticed", sql)
			}
		}
	}
}

// spoilt are the verdicts of a planner that does not look at one of the three.
func spoilt(v verdict) []verdict {
	lock, scan, rewrite := v, v, v
	lock.Lock, scan.Scan, rewrite.Rewrite = "SHARE UPDATE", !v.Scan, !v.Rewrite
	return []verdict{lock, scan, rewrite}
}

// state is what an observer sees of a relation.
type state struct {
	Name   string
	Kind   string
	Node   *uint32
	Size   int64
	Tuples int64
}

func observe(t *testing.T, observer *pgx.Conn) map[uint32]state {
	t.Helper()
	rows, err := observer.Query(t.Context(), `
SELECT c.oid, quote_ident(c.relname), c.relkind::text, c.relfilenode, coalesce(pg_relation_size(c.oid), 0), coalesce(s.seq_tup_read + s.vacuum_count, 0)
FROM pg_class AS c
LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'i', 'I')`)
	require.NoError(t, err)
	found := map[uint32]state{}
	var oid uint32
	var s state
	_, err = pgx.ForEachRow(rows, []any{&oid, &s.Name, &s.Kind, &s.Node, &s.Size, &s.Tuples}, func() error {
		found[oid] = s
		return nil
	})
	require.NoError(t, err)
	return found
}

var lockNames = []string{
	"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
}

// words writes a mode as the documentation does.
func words(mode string) string {
	return map[string]string{
		"AccessShareLock": "ACCESS SHARE", "RowShareLock": "ROW SHARE", "RowExclusiveLock": "ROW EXCLUSIVE", "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
		"ShareLock": "SHARE", "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE", "ExclusiveLock": "EXCLUSIVE", "AccessExclusiveLock": "ACCESS EXCLUSIVE",
	}[mode]
}

// done runs the statement, looks, and rolls back. Scans are counted all the same.
func done(t *testing.T, worker, observer *pgx.Conn, sql string) []verdict {
	t.Helper()
	flush(t, worker)
	before := observe(t, observer)
	tx, err := worker.Begin(t.Context())
	require.NoError(t, err)
	_, err = worker.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err, sql)
	held := map[uint32]string{}
	rows, err := observer.Query(t.Context(), "SELECT relation, mode FROM pg_locks WHERE pid = $1 AND relation IS NOT NULL AND granted", int32(worker.PgConn().PID()))
	require.NoError(t, err)
	var oid uint32
	var mode string
	_, err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		if slices.Index(lockNames, mode) > slices.Index(lockNames, held[oid]) {
			held[oid] = mode
		}
		return nil
	})
	require.NoError(t, err)
	after := observe(t, worker) // the new files are seen by their maker alone
	require.NoError(t, tx.Rollback(t.Context()))
	flush(t, worker)
	counted := observe(t, observer)
	for oid, s := range after {
		s.Tuples = counted[oid].Tuples
		after[oid] = s
	}
	return changes(before, after, held)
}

func flush(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	_, err := conn.Exec(t.Context(), "SELECT pg_stat_force_next_flush()")
	require.NoError(t, err)
}

// leastSize is what a new file has without rows: nothing, and of an index its first page.
var leastSize = map[bool]int64{true: 0, false: 8192}

func changes(before, after map[uint32]state, held map[uint32]string) []verdict {
	list := []verdict{}
	for oid, was := range before {
		is, still := after[oid]
		v := verdict{Relation: "public." + was.Name, Lock: words(held[oid])}
		table := was.Kind != "i" && was.Kind != "I"
		v.Scan = still && table && is.Tuples > was.Tuples
		v.Rewrite = still && was.Node != nil && *was.Node != *is.Node && is.Size > leastSize[table]
		least := "RowExclusiveLock"
		if !table {
			least = "ShareUpdateExclusiveLock"
		}
		if v.Scan || v.Rewrite || slices.Index(lockNames, held[oid]) >= slices.Index(lockNames, least) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b verdict) int { return strings.Compare(a.Relation, b.Relation) })
	return list
}

// TestThePlanSaysWhatPostgresDoesAlone probes the locks of statements that end them themselves: a session holds one mode on the table, and the
// statement is seen to wait for it, or not. The modes that stop it tell what it asks for.
func TestThePlanSaysWhatPostgresDoesAlone(t *testing.T) {
	t.Parallel()
	for _, c := range ddlAlone {
		t.Run(c.sql, func(t *testing.T) {
			t.Parallel()
			address := liveDDL(t)
			said := planned(t, address, c.sql)
			for _, table := range c.tables {
				i := slices.IndexFunc(said.Effects, func(e migrations.Effect) bool { return e.Relation == "public."+table })
				require.GreaterOrEqual(t, i, 0, "%v", said.Effects)
				probe(t, c.sql, table, said.Effects[i].Lock)
			}
			worker, observer := connect(t, address), connect(t, address)
			flush(t, worker)
			before := observe(t, observer)
			_, err := worker.PgConn().Exec(t.Context(), c.sql).ReadAll()
			require.NoError(t, err)
			flush(t, worker)
			for _, v := range changes(before, observe(t, observer), map[uint32]string{}) {
				i := slices.IndexFunc(said.Effects, func(e migrations.Effect) bool { return e.Relation == v.Relation })
				require.GreaterOrEqual(t, i, 0, "%v is not in %v", v, said.Effects)
				assert.Equal(t, v.Scan, said.Effects[i].Scan, "scan of %s", v.Relation)
				assert.Equal(t, v.Rewrite, said.Effects[i].Rewrite, "rewrite of %s", v.Relation)
			}
		})
	}
}

// probe holds the mode that says it all: the strongest mode stops at a reader's, and the one of concurrent builds at its own and at none of a writer's.
func probe(t *testing.T, sql, table, mode string) {
	t.Helper()
	switch mode {
	case "ACCESS EXCLUSIVE":
		assert.True(t, waits(t, sql, table, "ACCESS SHARE"))
	case "SHARE UPDATE EXCLUSIVE":
		assert.True(t, waits(t, sql, table, "SHARE UPDATE EXCLUSIVE"))
		assert.False(t, waits(t, sql, table, "ROW EXCLUSIVE"))
	default:
		assert.Fail(t, "no probe for "+mode)
	}
}

// waits reports whether the statement waits for a lock on the table while another session holds the mode.
func waits(t *testing.T, sql, table, mode string) bool {
	t.Helper()
	address := liveDDL(t)
	holder, worker, observer := connect(t, address), connect(t, address), connect(t, address)
	_, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE ONLY "+table+" IN "+mode+" MODE")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = worker.PgConn().Exec(ctx, sql).ReadAll()
	}()
	defer func() {
		cancel()
		<-ended
	}()
	for {
		var relation, other bool
		require.NoError(t, observer.QueryRow(t.Context(), `
SELECT
    coalesce(bool_or(relation = to_regclass($2)), false),
    coalesce(bool_or(relation IS DISTINCT FROM to_regclass($2)), false)
FROM pg_locks
WHERE pid = $1
  AND NOT granted`, int32(worker.PgConn().PID()), table).Scan(&relation, &other))
		if relation {
			return true
		}
		if other {
			return false // it waits for the holder's transaction to end, behind its own locks
		}
		select {
		case <-ended:
			return false
		default:
		}
	}
}
