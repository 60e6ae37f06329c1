package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// slow is a question that takes far longer than anybody waits.
func slow(ctx context.Context, look *session) error {
	_, err := look.tx.Exec(ctx, "SELECT pg_sleep(300)")
	return err
}

// How long a test waits for the server, and how often it looks.
const (
	storeWait = 30 * time.Second
	storeTick = 5 * time.Millisecond
)

// observedStore returns a store and a pool of the same database, which sees what the store's connections do.
func observedStore(t *testing.T, application string) (*Store, *pgxpool.Pool) {
	t.Helper()
	url := dbtest.Postgres(t, eventsmigrations.Postgres())
	s, err := Open(t.Context(), url, application, storetest.Questions, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	other, err := pg.Open(t.Context(), url, pg.Options{})
	require.NoError(t, err)
	t.Cleanup(other.Close)
	return s, other
}

// running counts the statements of an application that run at this moment.
func running(t *testing.T, pool *pgxpool.Pool, application string) int {
	t.Helper()
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'", application).Scan(&n))
	return n
}

func TestACallerWhoGoesAwayEndsTheStatement(t *testing.T) {
	t.Parallel()
	s, other := observedStore(t, "cancel-test")
	s.limits.Time = 5 * time.Minute // it does not end by itself meanwhile
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.ask(ctx, storetest.ID("org"), func(look *session) error { return slow(ctx, look) })
	}()
	require.Eventually(t, func() bool { return running(t, other, "cancel-test") == 1 }, storeWait, storeTick)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Eventually(t, func() bool { return running(t, other, "cancel-test") == 0 }, storeWait, storeTick, "the server goes on")
}

func TestAStatementEndsBeforeItsCaller(t *testing.T) {
	t.Parallel()
	s, _ := observedStore(t, "timeout-test")
	s.limits.Time = 100 * time.Millisecond
	err := s.ask(t.Context(), storetest.ID("org"), func(look *session) error { return slow(t.Context(), look) })
	require.ErrorIs(t, err, events.ErrQuestionTooSlow)
	require.Equal(t, fault.Timeout, fault.KindOf(err))

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	longest := events.DefaultQueryLimits().Time
	require.Equal(t, longest, timeout(t.Context(), longest))
	require.Less(t, timeout(ctx, longest), 9600*time.Millisecond, "the caller still listens")
	cancel()
	require.Equal(t, time.Second, timeout(ctx, time.Second))
}

func TestErrorsOfTheServer(t *testing.T) {
	t.Parallel()
	s, _ := observedStore(t, "fault-test")
	for code, want := range map[string]error{
		"57014": events.ErrQuestionTooSlow, "53200": events.ErrQuestionTooLarge, "53400": events.ErrQuestionTooLarge, "53300": events.ErrStoreUnavailable, "25006": events.ErrStoreUnavailable,
		"53100": events.ErrStoreUnavailable, "57P01": events.ErrStoreUnavailable, "08006": events.ErrStoreUnavailable, "42P01": events.ErrStoreUnavailable,
	} {
		err := s.ask(t.Context(), storetest.ID("org"), func(look *session) error {
			_, err := look.tx.Exec(t.Context(), fmt.Sprintf("DO $$ BEGIN RAISE EXCEPTION 'a secret' USING ERRCODE = '%s'; END $$", code))
			return err
		})
		require.ErrorIs(t, err, want, code)
		require.NotContains(t, fault.ToStatus(err, "d").Message(), "secret", code)
	}
	err := s.ask(t.Context(), storetest.ID("org"), func(look *session) error {
		_, err := look.tx.Exec(t.Context(), "DELETE FROM events")
		return err
	})
	require.ErrorIs(t, err, events.ErrStoreUnavailable, "a question cannot write")
}

func TestAnErrorOfTheReaderComesBackAsItIs(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	org, at := storetest.ID("org"), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 {
		e, err := events.Event{
			ID: storetest.ID(strconv.Itoa(i)), Name: "a", OccurredAt: at,
			Source: events.Source{Kind: events.SourceSDK, Machine: fmt.Sprint("m", i)},
		}.Canonical(at)
		require.NoError(t, err)
		_, err = s.Append(t.Context(), org, []events.Event{e})
		require.NoError(t, err)
	}
	q := insight.SequenceQuery{Question: insight.Question{Range: events.AllTime, By: insight.Machines}, All: true}
	for stop := range 3 {
		enough, seen := errors.New("enough"), 0
		err := s.Sequences(t.Context(), org, q, func(insight.Sequence) error {
			if seen++; seen > stop {
				return enough
			}
			return nil
		})
		require.Equal(t, enough, err)
		require.Equal(t, stop+1, seen)
	}
}
