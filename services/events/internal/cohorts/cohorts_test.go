package cohorts_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/cohorts"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/storetest"
)

// bundle is a worker on a store with an organization and a cohort.
type bundle struct {
	t        *testing.T
	store    *memory.Store
	keeper   *catalog.Keeper
	org      uuid.UUID
	cohort   catalog.Item
	computed []int64 // revisions of the cohort
	fail     error
	taken    int
	seconds  atomic.Int64 // of the clock, since 1970
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, org: storetest.ID("org")}
	b.seconds.Store(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Unix())
	b.store = memory.New(b.clock)
	b.keeper = catalog.NewKeeper(b.store, b.clock)
	e, err := events.Event{ID: storetest.ID("e"), Name: "a", OccurredAt: b.clock(), Source: events.Source{Kind: events.SourceSDK}}.Canonical(b.clock())
	require.NoError(t, err)
	_, err = b.store.Append(t.Context(), b.org, []events.Event{e})
	require.NoError(t, err)
	b.cohort, err = b.keeper.Create(t.Context(), b.org, catalog.Item{Kind: catalog.Cohort, Name: "c"}, "")
	require.NoError(t, err)
	return b
}

func (b *bundle) clock() time.Time { return time.Unix(b.seconds.Load(), 0).UTC() }

func (b *bundle) pass(d time.Duration) { b.seconds.Add(int64(d / time.Second)) }

// compute keeps a computation as the desk does.
func (b *bundle) compute(ctx context.Context, org uuid.UUID, cohort catalog.Item) error {
	b.computed = append(b.computed, cohort.Revision)
	if b.fail != nil {
		return b.fail
	}
	_, err := b.keeper.Put(ctx, org, catalog.Members, cohort.ID, 0, func(i *catalog.Item) (_ bool, err error) {
		i.Body, err = catalog.Computation{Revision: cohort.Revision, TriedAt: b.clock(), ComputedAt: b.clock()}.Write()
		return true, err
	})
	return err
}

func (b *bundle) take(context.Context, uuid.UUID) (func(), error) {
	b.taken++
	return func() { b.taken-- }, nil
}

func (b *bundle) worker(every time.Duration) *cohorts.Worker {
	return cohorts.New(cohorts.Config{Every: every}, b.store, b.compute, b.take, slog.New(slog.DiscardHandler), b.clock)
}

func TestACohortIsComputedWhenItIsDue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, other := b.worker(time.Hour), b.worker(time.Hour)
	look := func(w *cohorts.Worker) int {
		before := len(b.computed)
		require.NoError(t, w.Look(t.Context()))
		require.Zero(t, b.taken, "every turn is given back")
		return len(b.computed) - before
	}
	require.Equal(t, 1, look(one), "never computed")
	require.Equal(t, 0, look(other), "another instance has done it")
	b.pass(29 * time.Minute)
	require.Equal(t, 0, look(one))
	b.pass(time.Minute)
	require.Equal(t, 1, look(other))
	require.Equal(t, 0, look(one))
	_, err := b.keeper.Update(t.Context(), b.org, catalog.Cohort, b.cohort.ID, 0, func(i *catalog.Item) error {
		i.Body = []byte("x")
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, look(one), "it is another cohort now")
	require.Equal(t, []int64{1, 1, 2}, b.computed)
}

func TestACohortThatFailsLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.keeper.Create(t.Context(), b.org, catalog.Item{Kind: catalog.Cohort, Name: "d"}, "")
	require.NoError(t, err)
	b.fail = errors.New("no database")
	require.ErrorIs(t, b.worker(time.Hour).Look(t.Context()), b.fail)
	require.Len(t, b.computed, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.worker(time.Hour).Look(ctx), context.Canceled)
}

func TestAWorkerLooksAgainAndAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.worker(time.Hour).Run(ctx) }()
		for looks := 1; looks <= 3; looks++ {
			synctest.Wait()
			require.Len(t, b.computed, looks)
			b.pass(time.Hour)
			<-time.After(time.Hour) // of the bubble
		}
		stop()
		require.NoError(t, <-done)
	})
	b := setup(t)
	require.NoError(t, b.worker(0).Run(t.Context()), "never")
	require.Empty(t, b.computed)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	require.NoError(t, cohorts.Config{}.Validate())
	require.NoError(t, cohorts.Config{Every: time.Second}.Validate())
	require.Error(t, cohorts.Config{Every: time.Millisecond}.Validate())
	require.Error(t, cohorts.Config{Every: -time.Hour}.Validate())
}
