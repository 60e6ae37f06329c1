package runner

import (
	"maps"
	"math"
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
	s.bring(t, s.target("pg", migrations.Postgres, pgFiles))
	runs := s.runs(t, "pg")
	require.Len(t, runs, 2)
	require.Equal(t, migrations.Applied, runs[0].Outcome)
	require.Equal(t, migrations.Abandoned, runs[1].Outcome)
	require.Zero(t, runs[1].FromVersion)
}

func (s *site) tables(t *testing.T, engine migrations.Engine) []string {
	t.Helper()
	if engine == migrations.ClickHouse {
		return s.chColumn(t, "ch", "SELECT name FROM system.tables WHERE database = currentDatabase()")
	}
	return s.column(t, "pg", "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
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
