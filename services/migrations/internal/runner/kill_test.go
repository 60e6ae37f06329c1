package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/pg"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/ledger"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

// victimSpec is the environment variable that makes the test binary a runner that kills itself.
const victimSpec = "RUNNER_TEST_VICTIM"

// begun is what such a process says when it has the lock.
const begun = "begun"

// victim says what such a process does.
type victim struct {
	ClickHouseURL, PostgresURL string
	Prefix                     string
	// Sets are the files, by the engine that they are for.
	Sets map[migrations.Engine]map[string]string
	// At is the step at which it dies. It says on its output when it holds the lock of that database.
	At Step
}

func runVictim(spec string) int {
	var v victim
	if err := json.Unmarshal([]byte(spec), &v); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ledgerURL, err := databaseURL(v.PostgresURL, v.Prefix+"migrations")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	pool, err := pg.Open(context.Background(), ledgerURL, pg.Options{MaxConns: 2})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	store := ledger.New(pool)
	targets := []migrations.Target{{Name: migrations.Ledger, Database: v.Prefix + "migrations", Engine: migrations.Postgres, Files: ledgermigrations.FS}}
	for engine, set := range v.Sets {
		files := fstest.MapFS{}
		for name, text := range set {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		targets = append(targets, migrations.Target{Name: targetName(engine), Database: v.Prefix + targetName(engine), Engine: engine, Files: files})
	}
	r, err := Open(context.Background(), targets, Deps{ClickHouseURL: v.ClickHouseURL, Ledger: store, Overrides: store, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: time.Now, PostgresURL: v.PostgresURL}, Config{
		Build: "test",
		Observe: func(s Step) {
			if s.Database == v.At.Database && s.Phase == Begin {
				fmt.Println(begun)
			}
			if s == v.At {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // the signal is on its way
			}
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	for s, err := range r.Watch(ctx, v.At.Database) {
		if err != nil || s.State == migrations.Ready || s.State == migrations.Failed {
			fmt.Fprintf(os.Stderr, "not killed: %+v %v\n", s, err)
			break
		}
	}
	cancel()
	running.Wait()
	r.Close()
	return 1
}

func targetName(e migrations.Engine) string {
	if e == migrations.ClickHouse {
		return "ch"
	}
	return "pg"
}

var killFiles = map[migrations.Engine]map[string]string{
	migrations.Postgres: {
		"0001_t.sql":     "CREATE TABLE t (a bigint PRIMARY KEY, b text NOT NULL);\nINSERT INTO t SELECT n, 'x' || n FROM generate_series(1, 100) AS n;",
		"0002_c.sql":     "SET search_path = pg_catalog;\nALTER TABLE public.t ADD COLUMN c bigint NOT NULL DEFAULT 7;",
		"0003_index.sql": "-- devtrail: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_c ON t (c);",
		"0004_rows.sql":  "INSERT INTO t (a, b) VALUES (1000, 'last');",
	},
	migrations.ClickHouse: {
		"0001_t.sql": "CREATE TABLE IF NOT EXISTS t (a UInt64, b String) ENGINE = MergeTree ORDER BY a",
		"0002_c.sql": "ALTER TABLE t ADD COLUMN IF NOT EXISTS c String;\nALTER TABLE t ADD COLUMN IF NOT EXISTS d Array(String) DEFAULT ['a;b'];",
		"0003_v.sql": "CREATE VIEW IF NOT EXISTS v AS SELECT a, c FROM t",
	},
}

// TestKilledAtAnyPointTheNextRunReachesTheSameState kills a runner in a process of its own at each step that a clean run takes.
func TestKilledAtAnyPointTheNextRunReachesTheSameState(t *testing.T) {
	for engine, files := range killFiles {
		t.Run(engine.String(), func(t *testing.T) {
			clean := newSite(t)
			var steps []Step
			r, stop := clean.start(t, Config{Build: "test", Observe: func(s Step) {
				if s.Database == targetName(engine) {
					steps = append(steps, s)
				}
			}}, clean.target(targetName(engine), engine, files))
			awaitState(t, r, targetName(engine), migrations.Ready)
			stop()
			want := clean.state(t, engine)
			require.NotEmpty(t, want)
			require.Equal(t, slices.Compact(slices.Clone(steps)), steps)
			require.GreaterOrEqual(t, len(steps), 12)

			for i, at := range steps {
				// Nothing happens between the end of one statement and the point before the next, or before the commit: one of the two is enough.
				if i > 0 && (at.Phase == Before || at.Phase == BeforeCommit) {
					continue
				}
				t.Run(fmt.Sprintf("%s-%d-%s", strings.TrimSuffix(at.File, ".sql"), at.Statement, at.Phase), func(t *testing.T) {
					t.Parallel()
					s := newSite(t)
					s.killAt(t, engine, files, at)
					s.bring(t, s.target(targetName(engine), engine, files))
					require.Equal(t, want, s.state(t, engine))
				})
			}
		})
	}
}

func (s *site) killAt(t *testing.T, engine migrations.Engine, files map[string]string, at Step) {
	t.Helper()
	cmd := s.victim(t, map[migrations.Engine]map[string]string{engine: files}, at)
	out, err := cmd.CombinedOutput()
	requireKilled(t, err, out)
}

// victim is a process of its own that is to die at the step.
func (s *site) victim(t *testing.T, sets map[migrations.Engine]map[string]string, at Step) *exec.Cmd {
	t.Helper()
	spec, err := json.Marshal(victim{ClickHouseURL: s.clickHouseURL, PostgresURL: s.postgresURL, Prefix: s.prefix, Sets: sets, At: at})
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe, "-test.run=^$")
	// One that has not come to its step in time must not look like one that died there. It also says where it is.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.Env = append(os.Environ(), victimSpec+"="+string(spec))
	return cmd
}

func requireKilled(t *testing.T, err error, out []byte) {
	t.Helper()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "the victim ended by itself: %v\n%s", err, out)
	require.Equal(t, syscall.SIGKILL, exit.Sys().(syscall.WaitStatus).Signal(), "output: %s", out)
}

// state describes everything that the files make, and the history.
func (s *site) state(t *testing.T, engine migrations.Engine) []string {
	t.Helper()
	if engine == migrations.ClickHouse {
		tables := s.chColumn(t, "ch", "SELECT replace(create_table_query, currentDatabase(), 'db') FROM system.tables WHERE database = currentDatabase() ORDER BY name")
		history := s.chColumn(t, "ch", "SELECT DISTINCT concat(toString(version), ' ', name, ' ', toString(statement), ' ', checksum) FROM devtrail_schema_history WHERE state = 'done' ORDER BY version, statement")
		return append(tables, history...)
	}
	return s.column(t, "pg", `
SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT indexdef || ' ' || indisvalid FROM pg_indexes JOIN pg_index ON indexrelid = (schemaname || '.' || indexname)::regclass WHERE schemaname = 'public'
UNION ALL SELECT t::text FROM t
UNION ALL SELECT version || ' ' || name || ' ' || checksum FROM devtrail_schema_history
UNION ALL SELECT version || ' ' || statement || ' ' || checksum || ' ' || state FROM devtrail_schema_progress
ORDER BY 1`)
}
