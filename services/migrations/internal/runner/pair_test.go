package runner

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// pairFiles mix what goes in a transaction with what does not, on both engines. What is done twice shows: rows without a key, numbers that are added to,
// and ClickHouse's own list of mutations.
var pairFiles = map[migrations.Engine]map[string]string{
	migrations.Postgres: {
		"0001_t.sql":     "CREATE TABLE t (a bigint, b text, c bigint NOT NULL DEFAULT 7);\nINSERT INTO t SELECT n, 'x' || n FROM generate_series(1, 20) AS n;",
		"0002_mixed.sql": pairMixed,
		"0003_rows.sql":  "-- devtrail:ignore mixed-ddl-dml as before\nINSERT INTO t (a, b) VALUES (1000, 'last');\nALTER TABLE t ADD COLUMN d int;",
	},
	migrations.ClickHouse: {
		"0001_t.sql":     "CREATE TABLE IF NOT EXISTS t (a UInt64, n UInt64) ENGINE = MergeTree ORDER BY a;",
		"0002_mixed.sql": "ALTER TABLE t UPDATE n = n + 1 WHERE 1;\nALTER TABLE t ADD COLUMN IF NOT EXISTS m UInt64 DEFAULT n * 10;\nALTER TABLE t MATERIALIZE COLUMN m;",
		"0003_last.sql":  "ALTER TABLE t UPDATE n = n + 100 WHERE a < 5;",
	},
}

// pairMixed is a file with what Postgres refuses in a transaction and what it does not.
const pairMixed = `-- devtrail:ignore mixed-ddl-dml what is done twice shows by its rows
INSERT INTO t (a, b) VALUES (1, 'again');
CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (b);
-- devtrail:ignore mixed-ddl-dml what is done twice shows by its rows
-- devtrail:ignore unbatched-dml the table has few rows
UPDATE t SET c = c + 1;
`

// pairTargets are both.
func (s *site) pairTargets() []migrations.Target {
	return []migrations.Target{
		s.target("pg", migrations.Postgres, pairFiles[migrations.Postgres]),
		s.target("ch", migrations.ClickHouse, pairFiles[migrations.ClickHouse]),
	}
}

// pairState is everything that the files make on both engines, rows and histories with it.
func (s *site) pairState(t *testing.T) []string {
	t.Helper()
	mutations := s.chColumn(t, "ch", "SELECT concat(table, ' ', command, ' ', toString(is_done)) FROM system.mutations WHERE database = currentDatabase() ORDER BY command")
	return slices.Concat(s.state(t, migrations.Postgres), s.state(t, migrations.ClickHouse), mutations)
}

// TestTwoMigratorsOneOfThemKilledAnywhere starts a runner in a process of its own that dies at a step, and beside it one that lives.
func TestTwoMigratorsOneOfThemKilledAnywhere(t *testing.T) {
	clean := newSite(t)
	var mu sync.Mutex
	var steps []Step
	r, stop := clean.start(t, Config{Build: "test", Observe: func(s Step) {
		mu.Lock()
		defer mu.Unlock()
		if s.Database != migrations.Ledger {
			steps = append(steps, s)
		}
	}}, clean.pairTargets()...)
	awaitState(t, r, "pg", migrations.Ready)
	awaitState(t, r, "ch", migrations.Ready)
	stop()
	want := clean.pairState(t)
	require.GreaterOrEqual(t, len(steps), 40)
	require.Contains(t, strings.Join(want, "\n"), "n + 100", "the mutations are done")
	for _, at := range steps {
		// A statement's boundaries: nothing happens between its last row in the journal and the next one's first.
		if at.Phase != Journaled && at.Phase != After && at.Phase != AfterCommit {
			continue
		}
		t.Run(fmt.Sprintf("%s-%s-%d-%s", at.Database, strings.TrimSuffix(at.File, ".sql"), at.Statement, at.Phase), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.pair(t, at)
			assert.Equal(t, want, s.pairState(t))
		})
	}
}

// pair lets one die while the other lives, and returns when the other has done all.
func (s *site) pair(t *testing.T, at Step) {
	t.Helper()
	cmd := s.victim(t, pairFiles, at)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var log bytes.Buffer
	cmd.Stderr = &log
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "%s", &log)
	require.Equal(t, begun, lines.Text())
	r, stop := s.start(t, Config{Build: "test"}, s.pairTargets()...)
	for lines.Scan() {
	}
	requireKilled(t, cmd.Wait(), log.Bytes())
	awaitState(t, r, "pg", migrations.Ready)
	awaitState(t, r, "ch", migrations.Ready)
	stop()
}

// TestWithoutTheLockTheTwoDoMoreThanOne shows that it is the lock that keeps them apart: both stand before one statement at once.
func TestWithoutTheLockTheTwoDoMoreThanOne(t *testing.T) {
	t.Parallel()
	clean, s := newSite(t), newSite(t)
	clean.bring(t, clean.pairTargets()...)
	var both sync.WaitGroup
	both.Add(2)
	var once [2]sync.Once
	var runners [2]*Runner
	for i := range runners {
		runners[i] = s.open(t, Config{Build: "test", Observe: func(step Step) {
			if step == (Step{Database: "pg", File: "0002_mixed.sql", Statement: 1, Phase: Journaled}) {
				once[i].Do(both.Done)
				meet(&both)
			}
		}}, s.pairTargets()[0])
		runners[i].locker = freeLocker{}
	}
	// The first file is applied by one alone, since a transaction keeps them apart by itself.
	first := s.target("pg", migrations.Postgres, map[string]string{"0001_t.sql": pairFiles[migrations.Postgres]["0001_t.sql"]})
	s.bring(t, first)
	for i := range runners {
		run(t, runners[i])
	}
	for i := range runners {
		await(t, runners[i], "pg", func(status migrations.Status) bool { return status.State == migrations.Ready })
	}
	assert.NotEqual(t, clean.state(t, migrations.Postgres), s.state(t, migrations.Postgres), "the row without a key is there twice")
}

// meet waits for the other, who may have been kept away for good.
func meet(both *sync.WaitGroup) {
	met := make(chan struct{})
	go func() {
		both.Wait()
		close(met)
	}()
	select {
	case <-met:
	case <-time.After(30 * time.Second):
	}
}

// TestWithoutTheJournalAStatementIsDoneTwice shows that it is the journal that remembers: it is emptied behind the one who died.
func TestWithoutTheJournalAStatementIsDoneTwice(t *testing.T) {
	t.Parallel()
	clean := newSite(t)
	clean.bring(t, clean.pairTargets()...)
	for _, c := range []struct {
		at     Step
		forget func(t *testing.T, s *site)
	}{
		{Step{Database: "pg", File: "0002_mixed.sql", Statement: 1, Phase: Done}, func(t *testing.T, s *site) {
			_, err := s.postgres(t, "pg").Exec(t.Context(), "DELETE FROM "+progressTable)
			require.NoError(t, err)
		}},
		{Step{Database: "ch", File: "0003_last.sql", Statement: 1, Phase: Done}, func(t *testing.T, s *site) {
			s.onClickHouse(t, s.prefix+"ch", func(conn clickhouse.Conn) {
				require.NoError(t, conn.Exec(t.Context(), "ALTER TABLE devtrail_schema_history DELETE WHERE version = 3 SETTINGS mutations_sync = 1"))
			})
		}},
	} {
		t.Run(c.at.Database, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			out, err := s.victim(t, pairFiles, c.at).CombinedOutput()
			requireKilled(t, err, out)
			c.forget(t, s)
			s.bring(t, s.pairTargets()...)
			assert.NotEqual(t, clean.pairState(t), s.pairState(t))
		})
	}
}
