package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/feed"
	"devtrail.dev/services/identity/internal/postgres"
)

func isCycle(err error) bool { return errors.Is(err, identity.ErrMergeCycle) }

// listen runs notices until the test ends.
func (b bundle) listen(tb testing.TB) *postgres.Notices {
	tb.Helper()
	notices := postgres.NewNotices(b.pool, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = notices.Run(ctx) })
	tb.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return notices
}

// A transaction that took a number and is slow to commit holds up the numbers after it: a watcher that saw number n has seen all below n.
func TestASlowTransactionIsNotOvertaken(t *testing.T) {
	t.Parallel()
	b := setup(t, "lock_timeout=0", "statement_timeout=0") // the others wait until the test lets them go on, however long it takes until all do
	_, err := b.Identities.Resolve(t.Context(), b.organization, addresses("first", 1), true, noon)
	require.NoError(t, err)

	slow, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = slow.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = slow.Exec(t.Context(), `UPDATE identity_change_counter SET last_sequence = last_sequence + 1`)
	require.NoError(t, err)
	_, err = slow.Exec(t.Context(), `INSERT INTO identity_changes SELECT 2, organization_id, identity_id, developer_id, NULL, changed_at FROM identity_changes`)
	require.NoError(t, err)

	var group errgroup.Group
	for worker := range 4 {
		group.Go(func() error {
			_, err := b.Identities.Resolve(t.Context(), b.organization, addresses(fmt.Sprint("w", worker), 10), true, noon)
			return err
		})
	}
	// All four wait for the slow one now; none of their changes can be seen.
	b.requireWaiting(t, 4)
	changes, err := b.Changes.List(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, changes, 1)

	require.NoError(t, slow.Commit(t.Context()))
	require.NoError(t, group.Wait())
	changes, err = b.Changes.List(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, changes, 42)
	requireNoHoles(t, changes)
}

// quitter is what a connection is named whose transactions wait, once they have numbers, until they are given up.
const quitter = "quitter"

// giveUp is a Resolve whose caller goes away when it has taken numbers and has not committed.
func (b bundle) giveUp(ctx context.Context, mentions []identity.Mention) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg := b.pool.Config()
	cfg.MaxConns = 1
	cfg.ConnConfig.RuntimeParams["application_name"] = quitter
	cfg.ConnConfig.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { cancel() }
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = postgres.New(pool).Identities.Resolve(ctx, b.organization, mentions, true, noon)
	if ctx.Err() == nil {
		return fmt.Errorf("it was not given up: %w", err)
	}
	return nil
}

// Writers of different speed, some of which give up, and a watcher that comes and goes: it gets every change once, in order.
func TestWatchersMissNothingOfConcurrentWriters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// Each statement that stores changes is followed by a wait inside its transaction, of a length of its own.
	_, err := b.pool.Exec(t.Context(), `
		CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF current_setting('application_name') = '`+quitter+`' THEN
				RAISE NOTICE 'numbers are taken';
				PERFORM pg_sleep(30);
			END IF;
			PERFORM pg_sleep(random() * 0.01);
			RETURN NULL;
		END $$;
		CREATE TRIGGER dawdle AFTER INSERT ON identity_changes FOR EACH STATEMENT EXECUTE FUNCTION dawdle()`)
	require.NoError(t, err)
	watcher := feed.New(b.Changes, b.listen(t), time.Second)

	const writers, rounds, size = 6, 10, 5
	var group errgroup.Group
	for worker := range writers {
		group.Go(func() error {
			for round := range rounds {
				mentions := addresses(fmt.Sprintf("w%d-%d", worker, round), size)
				if round == 3 {
					// One that gives up must leave no hole.
					if err := b.giveUp(t.Context(), mentions); err != nil {
						return err
					}
					continue
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				_, err := b.Identities.Resolve(ctx, b.organization, mentions, true, noon)
				cancel()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	// A lost change would be waited for in vain.
	watching, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var seen []identity.Change
	for len(seen) < writers*(rounds-1)*size {
		var after int64
		if len(seen) > 0 {
			after = seen[len(seen)-1].Sequence
		}
		// A new stream after each batch: resuming loses and repeats nothing.
		for batch, err := range watcher.Watch(watching, after) {
			require.NoError(t, err)
			seen = append(seen, batch.Changes...)
			if len(batch.Changes) > 0 {
				require.Equal(t, seen[len(seen)-1].Sequence, batch.Sequence)
				break
			}
		}
	}
	require.NoError(t, group.Wait())
	last, err := b.Changes.Last(t.Context())
	require.NoError(t, err)
	require.Len(t, seen, int(last))
	requireNoHoles(t, seen)
}

// The second watcher's first look finds nothing, so only a notice can make it faster than the heartbeat.
func TestNoticesWakeWatchersAlsoAfterTheirConnectionBroke(t *testing.T) {
	t.Parallel()
	b := setup(t)
	watcher := feed.New(b.Changes, b.listen(t), time.Hour)
	for round := range 2 {
		last, err := b.Changes.Last(t.Context())
		require.NoError(t, err)
		for batch, err := range watcher.Watch(t.Context(), last) {
			require.NoError(t, err)
			if len(batch.Changes) > 0 {
				break
			}
			_, err := b.Identities.Resolve(t.Context(), b.organization, addresses(fmt.Sprint("r", round), 1), true, noon)
			require.NoError(t, err)
		}
		_, err = b.pool.Exec(t.Context(), `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND query = 'LISTEN identity_changes'`)
		require.NoError(t, err)
	}
}

func requireNoHoles(tb testing.TB, changes []identity.Change) {
	tb.Helper()
	for i, change := range changes {
		require.Equal(tb, int64(i+1), change.Sequence)
	}
}
