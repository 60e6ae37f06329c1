package backfill

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/migrations"
)

// slowForms are statements that name the partition in other ways than IN PARTITION ID at its place.
var slowForms = map[string]string{
	"by a condition":    "ALTER TABLE things UPDATE slow = 1 WHERE toString(part) = {partition:String}",
	"by its value":      "alter table `things` update slow = (1) in partition {partition:String} where ((id >= 0))",
	"quoted, nested":    "ALTER TABLE things UPDATE slow = 1, txt = 'it''s (one) \\\\ two' IN PARTITION ID {partition:String} WHERE id IN (SELECT id FROM things)",
	"lightweight":       "DELETE FROM things WHERE _partition_id = {partition:String} AND id >= 2000",
	"two in one":        "ALTER TABLE things UPDATE slow = 1 IN PARTITION ID {partition:String} WHERE 1, UPDATE txt = 'x' WHERE _partition_id = {partition:String}",
	"the usual form":    "ALTER TABLE things DELETE IN PARTITION ID {partition:String} WHERE id >= 2000",
	"of another column": "ALTER TABLE things MATERIALIZE COLUMN twice IN PARTITION ID {partition:String}",
}

func (s *chSite) widen(t *testing.T) {
	t.Helper()
	s.exec(t, "ALTER TABLE things ADD COLUMN slow UInt8, ADD COLUMN txt String, ADD COLUMN twice UInt64 MATERIALIZED id * 2")
}

// TestEveryMutationOfAStatementIsAwaited stops the merges, so that no mutation can be done, and finds the partition at work; then it cancels and finds the mutation
// killed, and those of others alive.
func TestEveryMutationOfAStatementIsAwaited(t *testing.T) {
	t.Parallel()
	for name, statement := range slowForms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCHSite(t)
			s.widen(t)
			s.exec(t, "CREATE TABLE others (id UInt64, part UInt8) ENGINE = MergeTree ORDER BY id PARTITION BY part")
			s.exec(t, "INSERT INTO others SELECT number, number % 4 FROM numbers(8)")
			s.exec(t, "SYSTEM STOP MERGES things")
			s.exec(t, "SYSTEM STOP MERGES others")
			for _, table := range []string{"things", "others"} {
				s.exec(t, "ALTER TABLE "+table+" DELETE IN PARTITION ID '0' WHERE id = 4 SETTINGS mutations_sync = 0")
			}
			k := s.open(t, Config{}, files(map[string]string{"0001_slow": "-- devtrail: backfill things\n" + statement}))
			run(t, k)
			const open = "SELECT count() FROM (SELECT DISTINCT table, mutation_id FROM system.mutations WHERE database = currentDatabase() AND NOT is_done)"
			s.until(t, open, "3")
			b, err := k.Cancel(t.Context(), "ch", "0001_slow")
			require.NoError(t, err)
			require.Zero(t, b.RowsDone, "no partition is done")
			awaitCH(t, k, "0001_slow", migrations.BackfillCancelled)
			s.until(t, open, "2")
			require.Equal(t, "2", s.value(t, "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND command LIKE '%id = 4%'"))
			require.Equal(t, "0", s.value(t, "SELECT count() FROM devtrail_backfill_partitions"))
		})
	}
}

// until waits for a value.
func (s *chSite) until(t *testing.T, sql, want string) {
	t.Helper()
	last := ""
	require.Eventually(t, func() bool {
		list, err := column[string](context.Background(), s.conn, "SELECT toString(("+sql+"))")
		if err == nil && len(list) > 0 {
			last = list[0]
		}
		return last == want
	}, 20*time.Second, 10*time.Millisecond, sql)
}

// TestAMutationThatFailsStopsTheBackfill has one that names its partition by a condition.
func TestAMutationThatFailsStopsTheBackfill(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.widen(t)
	k := s.open(t, Config{}, files(map[string]string{
		"0001_slow": "-- devtrail: backfill things\nALTER TABLE things UPDATE slow = throwIf(id = 4) WHERE toString(part) = {partition:String}",
	}))
	run(t, k)
	b := await(t, k, "ch", "0001_slow", func(b migrations.Backfill) bool {
		return b.State == migrations.BackfillFailed || b.State == migrations.BackfillDone
	})
	require.Equal(t, migrations.BackfillFailed, b.State)
	require.Contains(t, b.Message, "partition 0: the mutation fails: ")
	require.Contains(t, b.Message, "throwIf")
	s.until(t, "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done", "0")
}

func TestAMutationThatSomebodyKilledIsNotDone(t *testing.T) {
	t.Parallel()
	s := newCHSite(t)
	s.widen(t)
	s.exec(t, "SYSTEM STOP MERGES things")
	k := s.open(t, Config{}, files(map[string]string{"0001_slow": "-- devtrail: backfill things\nALTER TABLE things UPDATE slow = 1 IN PARTITION ID {partition:String} WHERE 1"}))
	run(t, k)
	await(t, k, "ch", "0001_slow", func(b migrations.Backfill) bool { return strings.HasSuffix(b.Message, "parts to do") })
	s.exec(t, "KILL MUTATION WHERE database = currentDatabase() AND table = 'things'")
	require.Contains(t, awaitCH(t, k, "0001_slow", migrations.BackfillFailed).Message, "partition 0: somebody killed mutation_")
	require.Equal(t, "0", s.value(t, "SELECT count() FROM devtrail_backfill_partitions"))
	s.exec(t, "SYSTEM START MERGES things")
	_, err := k.Resume(t.Context(), "ch", "0001_slow")
	require.NoError(t, err)
	awaitCH(t, k, "0001_slow", migrations.BackfillDone)
	require.Equal(t, "4000", s.value(t, "SELECT sum(slow) FROM things"))
}
