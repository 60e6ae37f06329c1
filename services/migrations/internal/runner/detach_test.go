package runner

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

var detachFiles = map[string]string{
	"0001_t.sql": `CREATE TABLE t (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE "t 1" PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);`,
}

const partitionsOfT = "SELECT inhrelid::regclass::text || CASE WHEN inhdetachpending THEN ' pending' ELSE '' END FROM pg_inherits WHERE inhparent = 't'::regclass ORDER BY 1"

// reader reads the partitioned table in a transaction that stays open, for which a DETACH CONCURRENTLY waits between its phases.
func (s *site) reader(t *testing.T) pgx.Tx {
	t.Helper()
	tx, err := s.postgres(t, "pg").Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM t")
	require.NoError(t, err)
	return tx
}

// withDetach are the files with one that detaches a partition.
func withDetach(sql string) map[string]string {
	return map[string]string{"0001_t.sql": detachFiles["0001_t.sql"], "0002_detach.sql": alone + sql}
}

// firstPhase is when a statement is ended that has committed its first phase by then, also on a busy machine.
const firstPhase = 5 * time.Second

// TestADetachThatWasCutOffIsFinished ends the statement in the middle, which leaves the partition pending: it can be detached no second time.
func TestADetachThatWasCutOffIsFinished(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, detachFiles))
	tx := s.reader(t)
	files := withDetach("ALTER TABLE IF EXISTS public.t DETACH PARTITION /* the first */ \"t 1\" CONCURRENTLY;")
	r, stop := s.start(t, Config{LongTimeout: firstPhase}, s.target("pg", migrations.Postgres, files))
	awaitState(t, r, "pg", migrations.Failed)
	stop()
	require.Equal(t, []string{`"t 1" pending`, "t2"}, s.column(t, "pg", partitionsOfT))
	require.NoError(t, tx.Rollback(t.Context()))
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{"t2"}, s.column(t, "pg", partitionsOfT))
}

// TestADetachThatWasFinishedByHandIsDone has an operator who did what the message of the server says.
func TestADetachThatWasFinishedByHandIsDone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, detachFiles))
	tx := s.reader(t)
	files := withDetach("ALTER TABLE t DETACH PARTITION t2 CONCURRENTLY;")
	r, stop := s.start(t, Config{LongTimeout: firstPhase}, s.target("pg", migrations.Postgres, files))
	awaitState(t, r, "pg", migrations.Failed)
	stop()
	require.NoError(t, tx.Rollback(t.Context()))
	_, err := s.postgres(t, "pg").Exec(t.Context(), "ALTER TABLE t DETACH PARTITION t2 FINALIZE")
	require.NoError(t, err)
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{`"t 1"`}, s.column(t, "pg", partitionsOfT))
}

// TestADetachWhoseRunnerWasKilledBehindItIsDone has the database as a kill leaves it between the statement and its row of progress.
func TestADetachWhoseRunnerWasKilledBehindItIsDone(t *testing.T) {
	s := newSite(t)
	files := withDetach("ALTER TABLE t DETACH PARTITION t2 CONCURRENTLY;")
	s.bring(t, s.target("pg", migrations.Postgres, files))
	_, err := s.postgres(t, "pg").Exec(t.Context(), "WITH killed AS (DELETE FROM devtrail_schema_history WHERE version = 2) UPDATE devtrail_schema_progress SET state = 'started'")
	require.NoError(t, err)
	s.bring(t, s.target("pg", migrations.Postgres, files))
	require.Equal(t, []string{"1 done"}, s.column(t, "pg", "SELECT statement || ' ' || state FROM devtrail_schema_progress"))
}

// TestADetachWhoseSessionGoesOnIsFinished has the session of a runner that is gone, which the server has not noticed: it waits on.
func TestADetachWhoseSessionGoesOnIsFinished(t *testing.T) {
	s := newSite(t)
	s.bring(t, s.target("pg", migrations.Postgres, detachFiles))
	tx := s.reader(t)
	left := s.postgres(t, "pg")
	var running sync.WaitGroup
	running.Go(func() { _, _ = left.Exec(context.Background(), "ALTER TABLE t DETACH PARTITION t2 CONCURRENTLY") })
	require.Eventually(t, func() bool { return slices.Contains(s.column(t, "pg", partitionsOfT), "t2 pending") }, 20*time.Second, 10*time.Millisecond)
	r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, withDetach("ALTER TABLE t DETACH PARTITION t2 CONCURRENTLY;")))
	await(t, r, "pg", func(s migrations.Status) bool {
		return strings.Contains(s.Message, "in the way") || strings.Contains(s.Message, "pid")
	})
	require.NoError(t, tx.Rollback(t.Context()))
	awaitState(t, r, "pg", migrations.Ready)
	stop()
	running.Wait()
	require.Equal(t, []string{`"t 1"`}, s.column(t, "pg", partitionsOfT))
}

// TestADetachOfWhatIsNoPartitionFails keeps failing: that the table is no partition does not mean that this file has detached it.
func TestADetachOfWhatIsNoPartitionFails(t *testing.T) {
	s := newSite(t)
	files := withDetach("CREATE TABLE other (a int);\nALTER TABLE t DETACH PARTITION other CONCURRENTLY;")
	for range 2 {
		r, stop := s.start(t, Config{}, s.target("pg", migrations.Postgres, files))
		require.Contains(t, awaitState(t, r, "pg", migrations.Failed).Message, "is not a partition of")
		stop()
	}
}

// TestADetachIsFoundInItsText reads the names as they are written.
func TestADetachIsFoundInItsText(t *testing.T) {
	for sql, want := range map[string][2]string{
		"ALTER TABLE q DETACH PARTITION p CONCURRENTLY":                                                     {"q", "p"},
		"alter table if exists only s . \"Q r\" -- why\n detach partition p.\"x\"\"\" /* a */ concurrently": {`s . "Q r"`, `p . "x"""`},
		"ALTER TABLE q DETACH PARTITION p":                                                                  {},
		"ALTER TABLE q DETACH PARTITION p FINALIZE":                                                         {},
	} {
		parent, partition, ok := detachOf(sql)
		require.Equal(t, want[0] != "", ok, sql)
		require.Equal(t, want, [2]string{parent, partition})
	}
}
