package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/catalog/learn"
	"devtrail.dev/services/events/insight"
)

var errStopped = errors.New("the process was stopped")

// stopping is a store of a learner that is stopped after so many steps: events read and days written.
type stopping struct {
	insight.Engine
	left int
}

func (s *stopping) step() bool {
	s.left--
	return s.left >= 0
}

// Occurrences stops between two events.
func (s *stopping) Occurrences(ctx context.Context, organization uuid.UUID, r events.Range, yield func(catalog.Occurrence) error) error {
	return s.Engine.Occurrences(ctx, organization, r, func(o catalog.Occurrence) error {
		if !s.step() {
			return errStopped
		}
		return yield(o)
	})
}

// Learn stops with some days written.
func (s *stopping) Learn(ctx context.Context, organization uuid.UUID, days []catalog.LearnedDay) error {
	for i := range days {
		if !s.step() {
			return errStopped
		}
		if err := s.Engine.Learn(ctx, organization, days[i:i+1]); err != nil {
			return err
		}
	}
	if !s.step() { // everything is written, and nobody was told
		return errStopped
	}
	return nil
}

// learnerStopped has a learner end at each of its steps: the next one leaves what one that was never stopped leaves, with the events that came meanwhile.
func learnerStopped(t *testing.T, s *subject) {
	learner := func(store insight.Engine) *learn.Learner {
		return learn.New(store, slog.New(slog.DiscardHandler), func() time.Time { return noon })
	}
	tell := func(org uuid.UUID, names ...string) {
		here := &subject{t: t, store: s.store, org: org}
		for i, name := range names {
			here.append(here.event(name, named("a"), at(noon.AddDate(0, 0, 2*i)), with(fmt.Sprintf(`{"p":%d}`, i))))
		}
	}
	for steps := 0; ; steps++ {
		org := ID(fmt.Sprint("stopped after ", steps))
		tell(org, "1", "2", "3")
		err := learner(&stopping{Engine: s.store, left: steps}).Learn(t.Context(), org)
		tell(org, "1 again", "2 again", "3 again", "4")
		if err != nil {
			require.ErrorIs(t, err, errStopped)
		}
		require.NoError(t, learner(s.store).Learn(t.Context(), org))
		got := &subject{t: t, store: s.store, org: org}
		require.Len(t, got.learned(), 2)
		require.Equal(t, got.foldedAll(), got.learned(), "stopped after %d steps", steps)
		if err == nil {
			require.Greater(t, steps, 5, "it was stopped between events, between days and at the end")
			return
		}
	}
}

// foldedAll is what is learned of all events in one go.
func (s *subject) foldedAll() []string {
	s.t.Helper()
	aside := &subject{t: s.t, store: s.store, org: ID("aside of " + s.org.String())}
	var fold learn.Fold
	require.NoError(s.t, s.store.Occurrences(s.t.Context(), s.org, allTime, func(o catalog.Occurrence) error {
		fold.Add(o)
		return nil
	}))
	require.NoError(s.t, s.store.Learn(s.t.Context(), aside.org, fold.Days()))
	return aside.learned()
}
