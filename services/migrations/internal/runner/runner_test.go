package runner

import (
	"context"
	"io"
	"maps"
	"math"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/ledger"
)

var (
	pgFiles = map[string]string{"0001_t.sql": "CREATE TABLE t (a bigint PRIMARY KEY);", "0002_b.sql": "ALTER TABLE t ADD COLUMN b text;"}
	chFiles = map[string]string{
		"0001_t.sql": "CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a",
		"0002_b.sql": "ALTER TABLE t ADD COLUMN IF NOT EXISTS b String",
	}
)

func filesOf(e migrations.Engine) map[string]string {
	if e == migrations.ClickHouse {
		return maps.Clone(chFiles)
	}
	return maps.Clone(pgFiles)
}

var bothEngines = []migrations.Engine{migrations.Postgres, migrations.ClickHouse}

func TestFreshDatabasesAreCreatedAppliedAndRecorded(t *testing.T) {
	s := newSite(t)
	r, stop := s.start(t, Config{Build: "build-1"}, s.target("pg", migrations.Postgres, pgFiles), s.target("ch", migrations.ClickHouse, chFiles))
	for _, name := range []string{migrations.Ledger, "pg", "ch"} {
		status := awaitState(t, r, name, migrations.Ready)
		require.Equal(t, status.TargetVersion, status.Version)
		require.Empty(t, status.Pending)
		require.Empty(t, status.Message)
	}
	require.NoError(t, migrations.Health(r.Status()))
	for _, name := range []string{"pg", "ch"} {
		entries, err := r.History(t.Context(), name, math.MaxInt64, 10)
		require.NoError(t, err)
		require.Len(t, entries, 2)
		require.Equal(t, "0002_b.sql", entries[0].Name)
		require.Equal(t, int64(1), entries[1].Version)
		require.Equal(t, "build-1", entries[1].AppliedBy)
		require.Len(t, entries[1].Checksum, 64)
		require.WithinDuration(t, time.Now(), entries[1].AppliedAt, time.Hour)
		entries, err = r.History(t.Context(), name, 2, 10)
		require.NoError(t, err)
		require.Len(t, entries, 1)
	}
	stop()

	runs := s.runs(t, "pg")
	require.Len(t, runs, 1)
	require.Equal(t, migrations.Applied, runs[0].Outcome)
	require.Equal(t, int64(2), runs[0].ToVersion)
	require.Equal(t, "build-1", runs[0].Build)
	require.Len(t, s.runs(t, migrations.Ledger), 1)
}

func (s *site) runs(t *testing.T, database string) []migrations.Run {
	t.Helper()
	address, err := databaseURL(s.postgresURL, s.prefix+"migrations")
	require.NoError(t, err)
	pool, err := pg.Open(t.Context(), address, pg.Options{MaxConns: 1})
	require.NoError(t, err)
	defer pool.Close()
	runs, err := ledger.New(pool).List(t.Context(), database, 10)
	require.NoError(t, err)
	return runs
}

func TestARunWithoutEndIsAbandonedByTheNext(t *testing.T) {
	s := newSite(t)
	s.killAt(t, migrations.Postgres, pgFiles, Step{Database: "pg", File: "0002_b.sql", Phase: BeforeCommit})
	s.bring(t, s.target("other", migrations.Postgres, pgFiles))
	conn := s.postgres(t, "migrations")
	_, err := conn.Exec(t.Context(), `INSERT INTO runs (id, database_name, build, started_at, from_version, to_version, outcome)
VALUES (gen_random_uuid(), 'pg', 'dead', now() - interval '1 h', 0, 2, 'running')`)
	require.NoError(t, err)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	runs := s.runs(t, "pg")
	require.Len(t, runs, 2)
	require.Equal(t, migrations.Applied, runs[0].Outcome)
	require.Equal(t, migrations.Abandoned, runs[1].Outcome)
	require.Equal(t, "dead", runs[1].Build)
}

func TestContradictionsAreRefusedByNameAndOthersGoOn(t *testing.T) {
	cases := []struct {
		name string
		edit func(files map[string]string)
		want []string
	}{
		{"edited", func(f map[string]string) { f["0001_t.sql"] += " -- edited" }, []string{"0001_t.sql", "edited", "restore"}},
		{"missing", func(f map[string]string) { delete(f, "0002_b.sql") }, []string{"0002", "missing", "restore"}},
		{"edited and renumbered", func(f map[string]string) {
			f["0010_x.sql"] = f["0002_b.sql"]
			delete(f, "0002_b.sql")
			f["0001_t.sql"] += " -- edited"
		}, []string{"0001_t.sql", "0002"}},
	}
	for _, engine := range bothEngines {
		for _, c := range cases {
			t.Run(engine.String()+"/"+c.name, func(t *testing.T) {
				s := newSite(t)
				name := targetName(engine)
				files := filesOf(engine)
				s.bring(t, s.target(name, engine, files))
				c.edit(files)
				files["0011_new.sql"] = "CREATE TABLE IF NOT EXISTS new_table (a Int) " + map[bool]string{true: "ENGINE = MergeTree ORDER BY a"}[engine == migrations.ClickHouse]

				r, stop := s.start(t, Config{}, s.target(name, engine, files), s.target("other", migrations.Postgres, pgFiles))
				status := awaitState(t, r, name, migrations.Refused)
				awaitState(t, r, "other", migrations.Ready)
				health := migrations.Health(r.Status())
				for _, part := range c.want {
					require.Contains(t, status.Message, part)
					require.ErrorContains(t, health, part)
				}
				stop()
				require.NotContains(t, s.tables(t, engine), "new_table")
			})
		}
	}
}

func TestANewFileBelowTheVersionIsRefused(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine.String(), func(t *testing.T) {
			s := newSite(t)
			name := targetName(engine)
			files := filesOf(engine)
			files["0005_late.sql"] = files["0002_b.sql"]
			delete(files, "0002_b.sql")
			s.bring(t, s.target(name, engine, files))
			files["0003_between.sql"] = "CREATE TABLE IF NOT EXISTS between_table (a Int) " + map[bool]string{true: "ENGINE = MergeTree ORDER BY a"}[engine == migrations.ClickHouse]
			r, stop := s.start(t, Config{}, s.target(name, engine, files))
			status := awaitState(t, r, name, migrations.Refused)
			require.Contains(t, status.Message, "0003_between.sql")
			require.Contains(t, status.Message, "renumber")
			stop()
			require.NotContains(t, s.tables(t, engine), "between_table")
		})
	}
}

func (s *site) tables(t *testing.T, engine migrations.Engine) []string {
	t.Helper()
	if engine == migrations.ClickHouse {
		return s.chColumn(t, "ch", "SELECT name FROM system.tables WHERE database = currentDatabase()")
	}
	return s.column(t, "pg", "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
}

func TestADatabaseAheadOfTheBuildIsReady(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	older := map[string]string{"0001_t.sql": pgFiles["0001_t.sql"]}
	r, _ := s.start(t, Config{}, s.target("pg", migrations.Postgres, older))
	status := awaitState(t, r, "pg", migrations.Ready)
	require.Equal(t, int64(2), status.Version)
	require.Equal(t, int64(1), status.TargetVersion)
}

func TestABadStatementRollsEverythingBackAndNamesItsLine(t *testing.T) {
	s := newSite(t)
	files := map[string]string{
		"0001_t.sql":   "CREATE TABLE t (a bigint PRIMARY KEY);",
		"0002_bad.sql": "-- a comment\nCREATE TABLE u (a bigint);\n\nALTER TABLE nowhere ADD COLUMN b text;",
	}
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
	status := awaitState(t, r, "pg", migrations.Failed)
	require.Contains(t, status.Message, "0002_bad.sql line 4")
	require.Contains(t, status.Message, "nowhere")
	require.Equal(t, []string{"0001_t.sql", "0002_bad.sql"}, status.Pending)
	stop()
	require.Empty(t, s.tables(t, migrations.Postgres))
	require.Equal(t, migrations.FailedRun, s.runs(t, "pg")[0].Outcome)
}

func TestABadClickHouseStatementStopsThereAndAMendedOneResumes(t *testing.T) {
	s := newSite(t)
	files := maps.Clone(chFiles)
	files["0003_bad.sql"] = "ALTER TABLE t ADD COLUMN IF NOT EXISTS c String;\n-- it's \\ \"odd\"\nALTER TABLE nowhere ADD COLUMN `d\\`'\t` String;"
	r, stop := s.start(t, Config{}, s.target("ch", migrations.ClickHouse, files))
	status := awaitState(t, r, "ch", migrations.Failed)
	require.Contains(t, status.Message, "0003_bad.sql line 3")
	require.Equal(t, int64(2), status.Version)
	stop()
	message := s.chColumn(t, "ch", "SELECT DISTINCT message FROM devtrail_schema_history WHERE state = 'failed'")
	require.Len(t, message, 1)
	require.Equal(t, status.Message, message[0])

	files["0003_bad.sql"] = "ALTER TABLE t ADD COLUMN IF NOT EXISTS other String;"
	r, stop = s.start(t, Config{}, s.target("ch", migrations.ClickHouse, files))
	require.Contains(t, awaitState(t, r, "ch", migrations.Refused).Message, "0003_bad.sql line 1")
	stop()

	files["0003_bad.sql"] = "ALTER TABLE t ADD COLUMN IF NOT EXISTS c String;\nALTER TABLE t ADD COLUMN IF NOT EXISTS d String;"
	s.bring(t, s.target("ch", migrations.ClickHouse, files))
	require.Equal(t, []string{"1"}, s.chColumn(t, "ch", "SELECT toString(count()) FROM devtrail_schema_history WHERE version = 3 AND statement = 1 AND state = 'started'"))
}

func TestAServerThatIsAwayIsWaitedForAndNamed(t *testing.T) {
	s := newSite(t)
	u, err := url.Parse(s.postgresURL)
	require.NoError(t, err)
	proxy := newProxy(t, u.Host)
	u.Host = proxy.address
	far := *s
	far.postgresURL = u.String()
	r, _ := far.start(t, Config{}, s.target("pg", migrations.Postgres, pgFiles))
	status := awaitState(t, r, migrations.Ledger, migrations.Failed)
	require.Contains(t, status.Message, "the database server is away")
	require.NotContains(t, status.Message, "password")
	require.ErrorContains(t, migrations.Health(r.Status()), "migrations is failed: ")
	proxy.open(t)
	awaitState(t, r, "pg", migrations.Ready)
	proxy.shut()
	require.Contains(t, awaitState(t, r, "pg", migrations.Failed).Message, "the database server is away")
	proxy.open(t)
	awaitState(t, r, "pg", migrations.Ready)
}

// proxy stands before a server and lets nobody through while it is shut.
type proxy struct {
	address string
	to      string
	mu      sync.Mutex
	lis     net.Listener
	conns   []net.Conn
	wg      sync.WaitGroup
}

func newProxy(t *testing.T, to string) *proxy {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, lis.Close())
	p := &proxy{address: lis.Addr().String(), to: to}
	t.Cleanup(p.shut)
	return p
}

func (p *proxy) open(t *testing.T) {
	lis, err := net.Listen("tcp", p.address)
	require.NoError(t, err)
	p.lis = lis
	p.wg.Go(func() {
		for {
			near, err := lis.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.to)
			if err != nil {
				_ = near.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, near, far)
			p.mu.Unlock()
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				p.wg.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = pair[0].Close()
				})
			}
		}
	})
}

func (p *proxy) shut() {
	if p.lis != nil {
		_ = p.lis.Close()
	}
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func TestOpenRefusesFilesThatCannotBeRun(t *testing.T) {
	s := &site{postgresURL: "postgres://localhost/x", prefix: "p_"}
	cases := []struct{ name, text, want string }{
		{"transaction control", "CREATE TABLE t ();\nCOMMIT;", "0001_x.sql line 2: COMMIT"},
		{"open quote", "SELECT 'a", "the string is not closed"},
		{"no statement", "-- nothing", "no statement"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			target := s.target("pg", migrations.Postgres, map[string]string{"0001_x.sql": c.text})
			_, err := Open(t.Context(), []migrations.Target{s.ledger(), target}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
			require.ErrorContains(t, err, c.want)
			require.True(t, strings.HasPrefix(err.Error(), "pg: "), err.Error())
		})
	}
	bad := s.target(`x"; DROP`, migrations.Postgres, pgFiles)
	_, err := Open(t.Context(), []migrations.Target{bad}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
	require.ErrorContains(t, err, "database name")
	_, err = Open(t.Context(), []migrations.Target{s.target("pg", migrations.Postgres, pgFiles)}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
	require.ErrorContains(t, err, "no ledger")
	_, err = Open(t.Context(), []migrations.Target{s.ledger(), s.target("ch", migrations.ClickHouse, chFiles)}, Deps{PostgresURL: s.postgresURL, Now: time.Now}, Config{})
	require.ErrorContains(t, err, "ClickHouse")
}
