package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

func TestMonitor(t *testing.T) {
	endless := func(ctx context.Context, e insight.Engine) error {
		return e.(*Store).ask(ctx, storetest.ID("org"), func(look *session) error {
			return look.run(ctx, "endless", "SELECT pg_sleep(300)", pgx.NamedArgs{}, func(pgx.Rows) error { return nil })
		})
	}
	// As the user that a service logs in as: one that it becomes later is not shown its own queries.
	whole := func(tb testing.TB) insight.Engine {
		tb.Helper()
		s, err := Open(tb.Context(), dbtest.Postgres(tb, eventsmigrations.Postgres()), "events-test", storetest.Questions, time.Now)
		require.NoError(tb, err)
		return s
	}
	storetest.RunMonitor(t, whole, endless, func(*testing.T) {})
}

func TestAQuestionOfTooManyRowsIsEnded(t *testing.T) {
	t.Parallel()
	s, other := observedStore(t, "rows-test")
	s.limits.ResultRows = 10
	err := s.ask(t.Context(), storetest.ID("org"), func(look *session) error {
		return look.run(t.Context(), "rows", "SELECT generate_series(1, 1000000000)", pgx.NamedArgs{}, func(pgx.Rows) error { return nil })
	})
	require.ErrorIs(t, err, events.ErrQuestionTooLarge)
	require.Eventually(t, func() bool { return running(t, other, "rows-test") == 0 }, storeWait, storeTick)
	_, err = s.RunningQueries(t.Context(), storetest.ID("org"))
	require.NoError(t, err, "others go on")
}
