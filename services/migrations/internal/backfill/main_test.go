package backfill

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(victimSpec); spec != "" {
		os.Exit(runVictim(spec))
	}
	dbtest.Main(m)
}

// site is a ledger and a database "pg" with a history, in which version 1 is applied.
type site struct {
	postgresURL    string
	ledger, target string
	conn           *pgx.Conn // to the target

	now func() time.Time // of Keepers; nil for that of the machine
}

func newSite(t *testing.T, setup string) *site {
	t.Helper()
	s := &site{postgresURL: dbtest.PostgresServer(t), ledger: databaseOf(t, dbtest.EmptyPostgres(t)), target: databaseOf(t, dbtest.EmptyPostgres(t))}
	s.conn = s.connect(t)
	s.exec(t, schema.CreatePostgresHistory)
	s.exec(t, "INSERT INTO devtrail_schema_history (version, name, checksum, duration_ms, applied_by) VALUES (1, '0001_t.sql', 'x', 1, 'test')")
	s.exec(t, setup)
	return s
}

func databaseOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

func (s *site) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := connect(context.Background(), s.postgresURL, s.target, "test")
	require.NoError(t, err)
	t.Cleanup(func() { hangUp(context.Background(), conn) })
	return conn
}

func (s *site) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := s.conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err, sql)
}

// value reads one value as text.
func (s *site) value(t *testing.T, sql string) string {
	t.Helper()
	var text string
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT ("+sql+")::text").Scan(&text), sql)
	return text
}

// files makes a folder of migrations of one with the backfills.
func files(backfills map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"0001_t.sql": {Data: []byte("SELECT 1;")}}
	for name, text := range backfills {
		fsys["backfills/"+name+".sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func (s *site) targets(fsys fstest.MapFS) []migrations.Target {
	return []migrations.Target{
		{Name: migrations.Ledger, Database: s.ledger, Engine: migrations.Postgres, Files: ledgermigrations.FS},
		{Name: "pg", Database: s.target, Engine: migrations.Postgres, Files: fsys},
	}
}

// slowly returns a clock by which a batch takes two milliseconds at least. A batch that takes less than it may makes the next one larger, so that with another clock the size of batches would
// depend on the machine.
func slowly() func() time.Time {
	var looks atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(looks.Add(1)) * 2 * time.Millisecond) }
}

// open makes a Keeper that nobody runs yet. Its waits are short.
func (s *site) open(t *testing.T, cfg Config, fsys fstest.MapFS) *Keeper {
	t.Helper()
	now := s.now
	if now == nil {
		now = time.Now
	}
	return open(t, Deps{PostgresURL: s.postgresURL, Targets: s.targets(fsys), Now: now}, cfg)
}

func open(t *testing.T, deps Deps, cfg Config) *Keeper {
	t.Helper()
	cfg.Poll, cfg.Recheck, cfg.Retry = 10*time.Millisecond, 30*time.Millisecond, 10*time.Millisecond
	deps.Logger = slog.New(slog.NewTextHandler(&testLog{t: t}, nil))
	k, err := New(context.Background(), deps, cfg)
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k
}

// run runs a Keeper until stop is called or the test ends.
func run(t *testing.T, k *Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = k.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// await returns the first sight of a backfill for which ok holds.
func await(t *testing.T, k *Keeper, database, name string, ok func(migrations.Backfill) bool) migrations.Backfill {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last migrations.Backfill
	for b, err := range k.Watch(ctx, database, name) {
		require.NoError(t, err, "last seen %+v", last)
		last = b
		if ok(b) {
			return b
		}
	}
	return last
}

func awaitState(t *testing.T, k *Keeper, name string, state migrations.BackfillState) migrations.Backfill {
	t.Helper()
	return await(t, k, "pg", name, func(b migrations.Backfill) bool { return b.State == state })
}

// bring runs a Keeper until the backfill is done.
func (s *site) bring(t *testing.T, fsys fstest.MapFS, name string) {
	t.Helper()
	k := s.open(t, Config{}, fsys)
	stop := run(t, k)
	awaitState(t, k, name, migrations.BackfillDone)
	stop()
}

// counting is a backfill that counts how often it went through each row of things.
func counting(header string) map[string]string {
	return map[string]string{"0001_count": "-- devtrail: backfill things\n" + header + "UPDATE things AS t\nSET done = t.done + 1\nFROM batch\nWHERE t.id = batch.id;\n"}
}

func things(rows int) string {
	return fmt.Sprintf("CREATE TABLE things (id bigint PRIMARY KEY, done integer NOT NULL DEFAULT 0); INSERT INTO things SELECT n FROM generate_series(1, %d) AS n; ANALYZE things", rows)
}

// testLog sends the log lines of a Keeper to the test that runs it.
type testLog struct{ t *testing.T }

func (l *testLog) Write(p []byte) (int, error) {
	l.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}
