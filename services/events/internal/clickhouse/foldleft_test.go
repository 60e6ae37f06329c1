package clickhouse

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestAFoldWaitsForWhatAKilledOneLeft ends a fold whose mutation the server has taken and not begun, and takes back what it was to write. The events say
// already what the override of now does, so the next fold has nothing to write: one that does not wait ends before the mutation of the first begins, which
// then writes what no override overrules any more.
func TestAFoldWaitsForWhatAKilledOneLeft(t *testing.T) {
	t.Parallel()
	identity, owner, merged := events.Identity{Kind: 1, Value: "ada@example.org"}, storetest.ID("owner"), storetest.ID("merged")
	for name, c := range map[string]struct {
		fold func(context.Context, *Store) error
		left any // whose the event is in the end
	}{
		"waiting": {left: owner, fold: func(ctx context.Context, s *Store) error {
			_, err := s.Fold(ctx, 10)
			return err
		}},
		"not waiting": {left: merged, fold: func(ctx context.Context, s *Store) error {
			f, err := s.pendingFolds(ctx, 10)
			if err != nil {
				return err
			}
			return s.write(ctx, f)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
			batch := years(t, 0, 1)
			batch[0].Actor, batch[0].DeveloperID = identity, owner
			_, err := s.Append(t.Context(), org, batch)
			require.NoError(t, err)
			exec := func(statement string) { require.NoError(t, s.conn.Exec(context.WithoutCancel(t.Context()), statement)) }
			number := func(statement string) (n uint64) {
				require.NoError(t, s.conn.QueryRow(t.Context(), statement).Scan(&n))
				return n
			}
			mutations := func() uint64 {
				return number("SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done")
			}
			exec("SYSTEM STOP MERGES events")
			t.Cleanup(func() { exec("SYSTEM START MERGES events") })

			require.NoError(t, s.Reassign(t.Context(), org, []events.Reassignment{{Identity: identity, DeveloperID: merged, Sequence: 1}}))
			killed, kill := context.WithCancel(t.Context())
			first := make(chan error, 1)
			go func() {
				n, err := s.Fold(killed, 10)
				assert.Zero(t, n, "a fold that failed has folded nothing that is known of")
				first <- err
			}()
			require.Eventually(t, func() bool { return mutations() == 1 }, time.Minute, 5*time.Millisecond)
			kill()
			require.Error(t, <-first)
			require.EqualValues(t, 1, mutations(), "the server goes on with it")

			require.NoError(t, s.Reassign(t.Context(), org, []events.Reassignment{{Identity: identity, DeveloperID: owner, Sequence: 2}}))
			asked := func() uint64 {
				exec("SYSTEM FLUSH LOGS query_log")
				return number(`
SELECT count()
FROM system.query_log
WHERE current_database = currentDatabase()
    AND type = 'QueryFinish'
    AND position(log_comment, 'unfinished_folds') > 0`)
			}
			before := asked()
			second := make(chan error, 1)
			go func() { second <- c.fold(t.Context(), s) }()
			ended := false
			require.Eventually(t, func() bool { // it has ended, or has seen the mutation
				select {
				case err := <-second:
					require.NoError(t, err)
					ended = true
				default:
				}
				return ended || asked() > before
			}, time.Minute, 5*time.Millisecond)
			exec("SYSTEM START MERGES events")
			if !ended {
				require.NoError(t, <-second)
			}
			require.Eventually(t, func() bool { return mutations() == 0 }, time.Minute, 5*time.Millisecond)
			list, err := s.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 10})
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, c.left, list[0].DeveloperID)
		})
	}
}
