package backfill

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

// chSite is a ledger and a ClickHouse database "ch" with a history, in which version 1 is applied, and a table of four partitions.
type chSite struct {
	ledger, target string
	conn           driver.Conn
}

func newCHSite(t *testing.T) *chSite {
	t.Helper()
	url := dbtest.EmptyClickHouse(t)
	opts, err := clickhouse.ParseDSN(url)
	require.NoError(t, err)
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	s := &chSite{ledger: databaseOf(t, dbtest.EmptyPostgres(t)), target: databaseOf(t, url), conn: conn}
	s.exec(t, schema.CreateClickHouseHistory)
	s.exec(t, "INSERT INTO devtrail_schema_history (version, name, statement, checksum, state) VALUES (1, '0001_t.sql', 0, 'x', 'done')")
	s.exec(t, "CREATE TABLE things (id UInt64, part UInt8) ENGINE = MergeTree ORDER BY id PARTITION BY part")
	s.exec(t, "INSERT INTO things SELECT number, number % 4 FROM numbers(4000)")
	return s
}

func (s *chSite) exec(t *testing.T, sql string) {
	t.Helper()
	require.NoError(t, s.conn.Exec(t.Context(), sql), sql)
}

func (s *chSite) value(t *testing.T, sql string) string {
	t.Helper()
	list, err := column[string](t.Context(), s.conn, "SELECT toString(("+sql+"))")
	require.NoError(t, err, sql)
	require.Len(t, list, 1)
	return list[0]
}

func (s *chSite) open(t *testing.T, cfg Config, fsys fstest.MapFS) *Keeper {
	t.Helper()
	return open(t, Deps{
		ClickHouseURL: dbtest.ClickHouseServer(t), Now: time.Now, PostgresURL: dbtest.PostgresServer(t),
		Targets: []migrations.Target{
			{Name: migrations.Ledger, Database: s.ledger, Engine: migrations.Postgres, Files: ledgermigrations.FS},
			{Name: "ch", Database: s.target, Engine: migrations.ClickHouse, Files: fsys},
		},
	}, cfg)
}

func awaitCH(t *testing.T, k *Keeper, name string, state migrations.BackfillState) migrations.Backfill {
	t.Helper()
	return await(t, k, "ch", name, func(b migrations.Backfill) bool { return b.State == state })
}

func TestPartitionsAreMaterialized(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.exec(t, "ALTER TABLE things ADD COLUMN twice UInt64 MATERIALIZED id * 2")
	var steps []Phase
	k := s.open(t, Config{Observe: func(step Step) { steps = append(steps, step.Phase) }}, files(map[string]string{
		"0001_twice": "-- devtrail: backfill things\nALTER TABLE things MATERIALIZE COLUMN twice IN PARTITION ID {partition:String}",
	}))
	stop := run(t, k)
	b := awaitCH(t, k, "0001_twice", migrations.BackfillDone)
	stop()
	require.EqualValues(t, 4000, b.RowsDone)
	require.Equal(t, "3", b.Checkpoint)
	require.False(t, b.StartedAt.IsZero() || b.FinishedAt.Before(b.StartedAt))
	require.Len(t, steps, 4*3+1)
	require.Equal(t, "4", s.value(t, "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = 'things' AND is_done"))
	require.Equal(t, "0", s.value(t, "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'things' AND active AND name NOT IN (SELECT part_name FROM system.parts_columns WHERE database = currentDatabase() AND table = 'things' AND active AND column = 'twice')"))
	done, err := k.Done(t.Context(), "ch", "0001_twice")
	require.NoError(t, err)
	require.True(t, done)
}

var copies = map[string]string{"0001_copy": "-- devtrail: backfill things\nINSERT INTO copies SELECT id FROM things WHERE _partition_id = {partition:String}"}

// TestARepeatedPartitionIsInsertedOnce ends a keeper after the insert and before the checkpoint, at each partition.
func TestARepeatedPartitionIsInsertedOnce(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.exec(t, "CREATE TABLE copies (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000")
	for range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		k := s.open(t, Config{Observe: func(step Step) {
			if step.Phase == Made {
				cancel()
			}
		}}, files(copies))
		require.NoError(t, k.Run(ctx))
		// It is repeated, and the next one is cut off.
		ctx, cancel = context.WithCancel(t.Context())
		k = s.open(t, Config{Observe: func(step Step) {
			if step.Phase == Committed {
				cancel()
			}
		}}, files(copies))
		require.NoError(t, k.Run(ctx))
	}
	k := s.open(t, Config{}, files(copies))
	run(t, k)
	awaitCH(t, k, "0001_copy", migrations.BackfillDone)
	require.Equal(t, "4000 4000", s.value(t, "SELECT concat(toString(count()), ' ', toString(uniqExact(id))) FROM copies"))
}

func TestATableWithoutInsertTokensIsRefused(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.exec(t, "CREATE TABLE copies (id UInt64) ENGINE = MergeTree ORDER BY id")
	k := s.open(t, Config{}, files(copies))
	run(t, k)
	b := awaitCH(t, k, "0001_copy", migrations.BackfillFailed)
	require.Contains(t, b.Message, "ALTER TABLE copies MODIFY SETTING non_replicated_deduplication_window = 1000")
	s.exec(t, "ALTER TABLE copies MODIFY SETTING non_replicated_deduplication_window = 1000")
	_, err := k.Resume(t.Context(), "ch", "0001_copy")
	require.NoError(t, err)
	awaitCH(t, k, "0001_copy", migrations.BackfillDone)
	require.Equal(t, "4000", s.value(t, "SELECT count() FROM copies"))
}

func TestAnOperatorStopsPartitions(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.exec(t, "CREATE TABLE copies (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000")
	reached, goOn := make(chan struct{}), make(chan struct{})
	reach := sync.OnceFunc(func() { close(reached) })
	k := s.open(t, Config{Observe: func(step Step) {
		if step.Phase == Made && step.Number == 2 {
			reach()
			<-goOn
		}
	}}, files(copies))
	run(t, k)
	<-reached
	_, err := k.Pause(t.Context(), "ch", "0001_copy")
	require.NoError(t, err)
	close(goOn)
	await(t, k, "ch", "0001_copy", func(b migrations.Backfill) bool { return b.State == migrations.BackfillPaused && b.RowsDone == 2000 })
	_, err = k.Resume(t.Context(), "ch", "0001_copy")
	require.NoError(t, err)
	awaitCH(t, k, "0001_copy", migrations.BackfillDone)
	require.Equal(t, "4000", s.value(t, "SELECT count() FROM copies"))
}

// TestCancelEndsAMutation cancels while a mutation cannot go on, and finds it killed.
func TestCancelEndsAMutation(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.exec(t, "ALTER TABLE things ADD COLUMN slow UInt8")
	s.exec(t, "SYSTEM STOP MERGES things")
	k := s.open(t, Config{}, files(map[string]string{
		"0001_slow": "-- devtrail: backfill things\nALTER TABLE things UPDATE slow = 1 IN PARTITION ID {partition:String} WHERE 1",
	}))
	run(t, k)
	await(t, k, "ch", "0001_slow", func(b migrations.Backfill) bool { return strings.HasSuffix(b.Message, "parts to do") })
	_, err := k.Cancel(t.Context(), "ch", "0001_slow")
	require.NoError(t, err)
	awaitCH(t, k, "0001_slow", migrations.BackfillCancelled)
	const open = "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done AND NOT is_killed"
	require.Eventually(t, func() bool {
		left, err := column[uint64](context.Background(), s.conn, open)
		return err == nil && left[0] == 0
	}, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, "0", s.value(t, "SELECT count() FROM devtrail_backfill_partitions"))
}
