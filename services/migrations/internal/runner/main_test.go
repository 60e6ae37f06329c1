package runner

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/ledger"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(victimSpec); spec != "" {
		os.Exit(runVictim(spec))
	}
	dbtest.Main(m)
}

// site is an installation on the shared servers whose databases have names of their own.
type site struct {
	clickHouseURL string
	postgresURL   string
	prefix        string
}

func newSite(t *testing.T) *site {
	s := &site{postgresURL: dbtest.PostgresServer(t), clickHouseURL: dbtest.ClickHouseServer(t), prefix: dbtest.Name(t) + "_"}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, s.postgresURL)
		require.NoError(t, err)
		defer conn.Close(ctx)
		for _, name := range []string{"migrations", "pg", "other", "analytics", "identity", "packages"} {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+s.prefix+name+" WITH (FORCE)")
			require.NoError(t, err)
		}
		s.onClickHouse(t, "default", func(ch clickhouse.Conn) {
			require.NoError(t, ch.Exec(ctx, "DROP DATABASE IF EXISTS "+s.prefix+"ch SYNC"))
			require.NoError(t, ch.Exec(ctx, "DROP DATABASE IF EXISTS "+s.prefix+"analytics SYNC"))
		})
	})
	return s
}

// ledger is the target that every site has.
func (s *site) ledger() migrations.Target {
	return migrations.Target{Name: migrations.Ledger, Database: s.prefix + "migrations", Engine: migrations.Postgres, Files: ledgermigrations.FS}
}

// target is one more, made of file names and their text.
func (s *site) target(name string, engine migrations.Engine, files map[string]string) migrations.Target {
	fsys := fstest.MapFS{}
	for file, text := range files {
		fsys[file] = &fstest.MapFile{Data: []byte(text)}
	}
	return migrations.Target{Name: name, Database: s.prefix + name, Engine: engine, Owner: "test", Files: fsys}
}

// open makes a Runner that nobody runs yet.
func (s *site) open(t *testing.T, cfg Config, targets ...migrations.Target) *Runner {
	t.Helper()
	if cfg.Retry == 0 {
		cfg.Retry = 20 * time.Millisecond
	}
	if cfg.Recheck == 0 {
		cfg.Recheck = 50 * time.Millisecond
	}
	if cfg.DDLTimeout == 0 {
		cfg.DDLTimeout = 30 * time.Second // the machine may be busy with other tests
	}
	url, err := databaseURL(s.postgresURL, s.prefix+"migrations")
	require.NoError(t, err)
	pool, err := pg.Open(context.Background(), url, pg.Options{MaxConns: 2})
	require.NoError(t, err)
	store := ledger.New(pool)
	r, err := Open(context.Background(), append([]migrations.Target{s.ledger()}, targets...), Deps{
		ClickHouseURL: s.clickHouseURL, Ledger: store, Overrides: store, Logger: slog.New(slog.NewTextHandler(&testLog{t: t}, nil)), Now: time.Now, PostgresURL: s.postgresURL,
	}, cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		r.Close()
		pool.Close()
	})
	return r
}

// start opens a Runner and runs it until stop is called or the test ends.
func (s *site) start(t *testing.T, cfg Config, targets ...migrations.Target) (r *Runner, stop func()) {
	t.Helper()
	r = s.open(t, cfg, targets...)
	return r, run(t, r)
}

func run(t *testing.T, r *Runner) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// await returns the first status of the database for which ok holds.
func await(t *testing.T, r *Runner, database string, ok func(migrations.Status) bool) migrations.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var last migrations.Status
	for status, err := range r.Watch(ctx, database) {
		require.NoError(t, err, "last status %+v", last)
		last = status
		if ok(status) {
			return status
		}
	}
	return last
}

func awaitState(t *testing.T, r *Runner, database string, state migrations.State) migrations.Status {
	t.Helper()
	return await(t, r, database, func(s migrations.Status) bool { return s.State == state })
}

// bring applies the targets and returns when all are ready.
func (s *site) bring(t *testing.T, targets ...migrations.Target) {
	t.Helper()
	r, stop := s.start(t, Config{Build: "test"}, targets...)
	for _, target := range targets {
		awaitState(t, r, target.Name, migrations.Ready)
	}
	awaitState(t, r, migrations.Ledger, migrations.Ready)
	stop()
}

// postgres connects to a database of the site.
func (s *site) postgres(t *testing.T, name string) *pgx.Conn {
	t.Helper()
	conn, err := connectPostgres(context.Background(), s.postgresURL, s.prefix+name, "runner test")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// column reads the texts of a query of one column.
func (s *site) column(t *testing.T, name, sql string) []string {
	t.Helper()
	conn, err := connectPostgres(t.Context(), s.postgresURL, s.prefix+name, "runner test")
	require.NoError(t, err)
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

func (s *site) onClickHouse(t *testing.T, database string, work func(clickhouse.Conn)) {
	opts, err := clickhouse.ParseDSN(s.clickHouseURL)
	require.NoError(t, err)
	opts.Auth.Database = database
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	defer conn.Close()
	work(conn)
}

// chColumn is column for ClickHouse.
func (s *site) chColumn(t *testing.T, name, sql string) []string {
	t.Helper()
	var list []string
	s.onClickHouse(t, s.prefix+name, func(conn clickhouse.Conn) {
		rows, err := conn.Query(t.Context(), sql)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var text string
			require.NoError(t, rows.Scan(&text))
			list = append(list, text)
		}
		require.NoError(t, rows.Err())
	})
	return list
}

// testLog sends the log lines of a runner to the test that runs it.
type testLog struct{ t *testing.T }

func (l *testLog) Write(p []byte) (int, error) {
	l.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}
