package promoting_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/memory"
	"devtrail.dev/services/events/internal/promoting"
)

// failing is a store whose first fill is cut off.
type failing struct {
	insight.Engine
	fills int
}

func (f *failing) FillPromoted(ctx context.Context, organization uuid.UUID, p catalog.Promoted) error {
	if f.fills++; f.fills == 1 {
		return errors.New("cut off")
	}
	return f.Engine.FillPromoted(ctx, organization, p)
}

func TestAJobGoesOnWhereAnotherWasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := uuid.New()
		store := &failing{Engine: memory.New(time.Now)}
		promoter := catalog.NewPromoter(store, catalog.NewKeeper(store, time.Now), 2)
		for _, key := range []string{"a", "b"} {
			_, err := promoter.Promote(t.Context(), org, key)
			require.NoError(t, err)
		}
		states := func() (list []catalog.PromotionState) {
			promoted, err := promoter.List(t.Context(), org)
			require.NoError(t, err)
			for _, p := range promoted {
				list = append(list, p.State)
			}
			return list
		}
		var log strings.Builder
		run := func(length time.Duration) {
			ctx, cancel := context.WithCancel(t.Context())
			job := promoting.New(store, promoter, promoting.Config{Interval: time.Minute, Limit: 2}, slog.New(slog.NewTextHandler(&log, nil)), time.Now)
			done := make(chan error)
			go func() { done <- job.Run(ctx) }()
			<-time.After(length)
			cancel()
			require.NoError(t, <-done)
		}
		run(90 * time.Second)
		require.Equal(t, []catalog.PromotionState{catalog.Filling, catalog.Ready}, states(), "one that fails does not keep the other")
		require.Contains(t, log.String(), "cut off")
		run(90 * time.Second) // another job
		require.Equal(t, []catalog.PromotionState{catalog.Ready, catalog.Ready}, states())

		_, err := promoter.Demote(t.Context(), org, "a")
		require.NoError(t, err)
		run(90 * time.Second)
		require.Equal(t, []catalog.PromotionState{catalog.Ready}, states())
		require.NoError(t, store.Close())
	})
}

func TestAJobWithoutAnIntervalRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(time.Now)
		promoter := catalog.NewPromoter(store, catalog.NewKeeper(store, time.Now), catalog.Slots)
		org := uuid.New()
		_, err := promoter.Promote(t.Context(), org, "a")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.NoError(t, promoting.New(store, promoter, promoting.Config{}, slog.New(slog.DiscardHandler), time.Now).Run(ctx))
		list, err := promoter.List(t.Context(), org)
		require.NoError(t, err)
		require.Equal(t, catalog.Filling, list[0].State)
		require.NoError(t, store.Close())
	})
}

func TestSettings(t *testing.T) {
	require.NoError(t, promoting.Config{Interval: time.Second, Limit: catalog.Slots}.Validate())
	require.ErrorContains(t, promoting.Config{Interval: -1}.Validate(), "EVENTS_PROMOTE_INTERVAL")
	require.ErrorContains(t, promoting.Config{Limit: catalog.Slots + 1}.Validate(), "EVENTS_PROMOTE_LIMIT")
}
