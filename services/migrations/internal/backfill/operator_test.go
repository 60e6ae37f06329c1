package backfill

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/migrations"
)

// TestAnOperatorStopsAndResumes pauses a backfill at work, lets a second keeper find it paused, cancels and resumes it.
func TestAnOperatorStopsAndResumes(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(100))
	s.now = slowly()
	fsys := files(counting("-- devtrail: batch 10\n-- devtrail: latency 1ms\n"))
	reached, goOn := make(chan struct{}), make(chan struct{})
	k := s.open(t, Config{Observe: func(step Step) {
		if step.Phase == Made && step.Number == 3 {
			close(reached)
			<-goOn
		}
	}}, fsys)
	stop := run(t, k)
	<-reached
	b, err := k.Pause(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	require.Equal(t, migrations.BackfillPaused, b.State)
	close(goOn)
	// The batch in hand is finished.
	await(t, k, "pg", "0001_count", func(b migrations.Backfill) bool { return b.State == migrations.BackfillPaused && b.RowsDone == 30 })
	_, err = k.Pause(t.Context(), "pg", "0001_count")
	require.ErrorIs(t, err, migrations.ErrBackfillState)
	require.ErrorContains(t, err, `backfill "0001_count" of "pg" is paused: it cannot become paused`)
	stop()
	require.Equal(t, "30", s.value(t, "SELECT sum(done) FROM things"))

	k = s.open(t, Config{}, fsys)
	stop = run(t, k)
	awaitState(t, k, "0001_count", migrations.BackfillPaused)
	_, err = k.Cancel(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	b = awaitState(t, k, "0001_count", migrations.BackfillCancelled)
	require.False(t, b.FinishedAt.IsZero())
	done, err := k.Done(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	require.False(t, done)
	_, err = k.Resume(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	b = awaitState(t, k, "0001_count", migrations.BackfillDone)
	require.EqualValues(t, 100, b.RowsDone)
	require.Equal(t, "100", b.Checkpoint)
	require.EqualValues(t, 100, b.RowsTotal)
	require.Equal(t, "100 1", s.value(t, "SELECT sum(done) || ' ' || max(done) FROM things"))
	done, err = k.Done(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	require.True(t, done)
	_, err = k.Cancel(t.Context(), "pg", "0001_count")
	require.ErrorIs(t, err, fault.State)
	stop()
}

// TestCancelEndsTheBatchInHand cancels, through another keeper, a batch whose statement would last for minutes.
func TestCancelEndsTheBatchInHand(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(30))
	fsys := files(map[string]string{"0001_slow": "-- devtrail: backfill things\nUPDATE things AS t SET done = t.done + 1 FROM batch WHERE t.id = batch.id AND (t.id < 30 OR pg_sleep(600) IS NOT NULL)"})
	k := s.open(t, Config{StatementTimeout: 20 * time.Minute}, fsys)
	run(t, k)
	s.until(t, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep' AND application_name LIKE 'devtrail-migrations backfill %'")
	other := s.open(t, Config{}, fsys)
	_, err := other.Cancel(t.Context(), "pg", "0001_slow")
	require.NoError(t, err)
	awaitState(t, k, "0001_slow", migrations.BackfillCancelled)
	s.until(t, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'devtrail-migrations backfill %'")
	require.Equal(t, "0", s.value(t, "SELECT sum(done) FROM things"))
}

// TestABackfillWaitsForItsMigration applies it under the eyes of a keeper, and stops an idle one.
func TestABackfillWaitsForItsMigration(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(10))
	fsys := files(map[string]string{"0002_count": counting("")["0001_count"]})
	fsys["0002_column.sql"] = &fstest.MapFile{Data: []byte("SELECT 1")}
	k := s.open(t, Config{}, fsys)
	run(t, k)
	await(t, k, "pg", "0002_count", func(b migrations.Backfill) bool { return b.Message == "version 0002 is not applied" })
	list, err := k.List(t.Context(), "pg")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, migrations.BackfillWaiting, list[0].State)
	list, err = k.List(t.Context(), "migrations")
	require.NoError(t, err)
	require.Empty(t, list)
	s.exec(t, "INSERT INTO devtrail_schema_history (version, name, checksum, duration_ms, applied_by) VALUES (2, 'b', 'x', 1, 'test')")
	awaitState(t, k, "0002_count", migrations.BackfillDone)
	_, err = k.Done(t.Context(), "pg", "0003_none")
	require.ErrorIs(t, err, migrations.ErrBackfillNotFound)
	_, err = k.Pause(t.Context(), "none", "0002_count")
	require.ErrorIs(t, err, fault.NotFound)
	for _, err := range k.Watch(t.Context(), "pg", "0003_none") {
		require.ErrorIs(t, err, migrations.ErrBackfillNotFound)
	}
}

func TestWhatCannotWorkFailsWithASentence(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(10)+"; CREATE TABLE bare (a integer); ALTER TABLE things ADD CHECK (id <> 7 OR done = 0)")
	fsys := files(map[string]string{
		"0001_bare":  "-- devtrail: backfill bare\nUPDATE bare SET a = 1 FROM batch",
		"0001_check": counting("")["0001_count"],
		"0001_none":  "-- devtrail: backfill absent\nDELETE FROM absent USING batch",
	})
	k := s.open(t, Config{}, fsys)
	run(t, k)
	for name, want := range map[string]string{
		"0001_bare":  "table bare has no primary key",
		"0001_check": "violates check constraint",
		"0001_none":  "table absent is not there",
	} {
		require.Contains(t, awaitState(t, k, name, migrations.BackfillFailed).Message, want)
	}
	// Mended and resumed, it goes on.
	s.exec(t, "ALTER TABLE things DROP CONSTRAINT things_check")
	_, err := k.Resume(t.Context(), "pg", "0001_check")
	require.NoError(t, err)
	awaitState(t, k, "0001_check", migrations.BackfillDone)
}

func TestAnEditedFileIsRefusedUntilResumed(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(30))
	k := s.open(t, Config{}, files(counting("-- devtrail: batch 10\n")))
	_, err := k.Pause(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	s.exec(t, "UPDATE devtrail_backfills SET state = 'running', checkpoint = '{10}', rows_done = 10, checksum = 'other'")
	run(t, k)
	require.Contains(t, awaitState(t, k, "0001_count", migrations.BackfillFailed).Message, "was edited after it began")
	_, err = k.Resume(t.Context(), "pg", "0001_count")
	require.NoError(t, err)
	awaitState(t, k, "0001_count", migrations.BackfillDone)
	require.Equal(t, "20 30", s.value(t, "SELECT sum(done) || ' ' || (SELECT rows_done FROM devtrail_backfills) FROM things"))
}

func TestDeclarationsAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"UPDATE things SET a = 1":                        "does not name the table batch",
		"UPDATE things SET a = 'batch'":                  "does not name the table batch",
		"UPDATE a SET b = 1 FROM batch; SELECT 1":        "has 2 statements",
		"ALTER TABLE things ADD COLUMN batch text":       "is none of DELETE",
		"UPDATE things SET a = 'x FROM batch":            "is not closed",
		"WITH a AS (SELECT 1) UPDATE t SET a FROM batch": "",
	} {
		fsys := files(map[string]string{"0001_a": "-- devtrail: backfill things\n" + text})
		k, err := New(t.Context(), Deps{PostgresURL: "postgres://h", Targets: (&site{ledger: "a", target: "b"}).targets(fsys)}, Config{})
		if want == "" {
			require.NoError(t, err)
			k.Close()
			continue
		}
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, `pg: backfill "0001_a"`)
	}
	require.Equal(t, "WITH RECURSIVE batch AS (),\nx AS (SELECT) UPDATE", before("batch AS ()", "with recursive x AS (SELECT) UPDATE"))
}
