package backfill

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/migrations"
)

// TestAWaitingLockHoldsTheWorkBack lets a session wait for the whole table, as a migration does behind a reader.
func TestAWaitingLockHoldsTheWorkBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(100))
	reader, err := s.connect(t).Begin(t.Context())
	require.NoError(t, err)
	_, err = reader.Exec(t.Context(), "SELECT FROM things LIMIT 1")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	migrator := s.connect(t)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		_, err := migrator.Exec(ctx, "ALTER TABLE things ADD COLUMN extra integer")
		assert.NoError(t, err)
	})
	t.Cleanup(func() {
		cancel()
		waiting.Wait()
	})
	s.until(t, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'things'::regclass")
	steps := make(chan Step, 100)
	k := s.open(t, Config{Observe: func(step Step) { steps <- step }}, files(counting("")))
	run(t, k)
	await(t, k, "pg", "0001_count", func(b migrations.Backfill) bool {
		return b.Message == "waits, since 1 sessions wait for a lock of things"
	})
	require.Empty(t, steps)
	require.NoError(t, reader.Rollback(t.Context()))
	awaitState(t, k, "0001_count", migrations.BackfillDone)
}

// TestWhoWaitsForABatchMakesBatchesSmaller holds a batch open until another session was seen waiting for one of its rows. By its clock batches take no time,
// so that their size would double.
func TestWhoWaitsForABatchMakesBatchesSmaller(t *testing.T) {
	t.Parallel()
	s := newSite(t, things(1000))
	writer := s.connect(t)
	var waiting sync.WaitGroup
	var rows []int
	k := open(t, Deps{PostgresURL: s.postgresURL, Targets: s.targets(files(counting("-- devtrail: batch 400\n-- devtrail: latency 40ms\n"))), Now: func() time.Time { return time.Time{} }}, Config{
		Observe: func(step Step) {
			if step.Phase != Made {
				return
			}
			if rows = append(rows, step.Rows); step.Number > 1 {
				return
			}
			waiting.Go(func() {
				_, err := writer.Exec(context.Background(), "UPDATE things SET done = done WHERE id = 1")
				assert.NoError(t, err)
			})
			s.until(t, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0")
			since := s.value(t, "SELECT clock_timestamp()")
			s.until(t, "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'devtrail-migrations lock pg backfill 0001_count' AND datname = '"+s.ledger+
				"' AND state = 'idle' AND query_start > '"+since+"'")
		},
	})
	run(t, k)
	awaitState(t, k, "0001_count", migrations.BackfillDone)
	waiting.Wait()
	require.Equal(t, []int{400, 400, 200}, rows)
}

func (s *site) until(t *testing.T, sql string) {
	t.Helper()
	for range 2000 {
		if s.value(t, sql) == "true" {
			return
		}
		if pause.For(t.Context(), 5*time.Millisecond) != nil {
			return
		}
	}
	assert.Fail(t, "it did not come true", sql)
}

func TestLoadIsJudged(t *testing.T) {
	t.Parallel()
	cfg := Config{}.withDefaults()
	for want, now := range map[string]load{
		"": {rowWaiters: 4, lag: 5 * time.Second},
		"waits, since 1 sessions wait for a lock of things": {tableWaiters: 1, rowWaiters: 9},
		"waits, since 5 sessions wait for rows of things":   {rowWaiters: 5},
		"waits, since a replica is 5.1s behind":             {lag: 5100 * time.Millisecond},
	} {
		require.Equal(t, want, now.busy("things", cfg))
	}
}
