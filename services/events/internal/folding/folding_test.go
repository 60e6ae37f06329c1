package folding_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/folding"
)

// store has something pending and takes a time to fold it.
type store struct {
	elsewhere atomic.Bool // another instance takes events in

	mu      sync.Mutex // guards what follows
	pending int
	takes   time.Duration
	err     error
	folds   []time.Time
}

func (s *store) Pending(context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending, nil
}

// change changes what the next call finds.
func (s *store) change(to func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to()
}

func (s *store) Fold(_ context.Context, limit int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	n := min(limit, s.pending)
	if n > 0 {
		s.folds = append(s.folds, time.Now())
		s.mu.Unlock()
		<-time.After(s.takes)
		s.mu.Lock()
	}
	s.pending -= n
	return n, nil
}

// during runs a job for a time and returns its log.
func during(t *testing.T, s *store, c folding.Config, length time.Duration, meanwhile func(time.Time)) (job *folding.Job, log string) {
	t.Helper()
	return waking(t, s, c, length, func(_ *folding.Job, now time.Time) { meanwhile(now) })
}

// waking is during for those who wake the job.
func waking(t *testing.T, s *store, c folding.Config, length time.Duration, meanwhile func(*folding.Job, time.Time)) (job *folding.Job, log string) {
	t.Helper()
	var text strings.Builder
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		job = folding.New(s, c, s.elsewhere.Load, slog.New(slog.NewTextHandler(&text, nil)), time.Now)
		done := make(chan error)
		go func() { done <- job.Run(ctx) }()
		meanwhile(job, time.Now())
		<-time.After(length)
		cancel()
		require.NoError(t, <-done)
	})
	return job, text.String()
}

func TestAJobFoldsWhenEnoughIsPending(t *testing.T) {
	s := &store{pending: 25_000, takes: time.Second}
	job, log := during(t, s, folding.Config{Interval: time.Minute, Threshold: 25_000}, 2*time.Minute, func(time.Time) {})
	require.Len(t, s.folds, 3)
	require.Contains(t, log, "identities=25000")
	require.NoError(t, testutil.CollectAndCompare(job, strings.NewReader(`
# HELP devtrail_events_overrides_folded_total Reassignments that were brought into the events.
# TYPE devtrail_events_overrides_folded_total counter
devtrail_events_overrides_folded_total 25000
# HELP devtrail_events_overrides_pending Identities with a reassignment that questions look up, when the job last looked.
# TYPE devtrail_events_overrides_pending gauge
devtrail_events_overrides_pending 0
`), "devtrail_events_overrides_folded_total", "devtrail_events_overrides_pending"))

	few := &store{pending: 2499}
	during(t, few, folding.Config{Interval: time.Minute, Threshold: 2500}, time.Hour, func(time.Time) {})
	require.Empty(t, few.folds)
	never := &store{pending: 2500}
	during(t, never, folding.Config{Threshold: 1}, time.Hour, func(time.Time) {})
	require.Empty(t, never.folds)
}

func TestAnInstanceFoldsThatTakesEventsIn(t *testing.T) {
	s := &store{pending: 1}
	s.elsewhere.Store(true)
	during(t, s, folding.Config{Interval: time.Minute, Threshold: 1}, time.Hour, func(time.Time) {
		<-time.After(30 * time.Minute)
		s.change(func() { require.Empty(t, s.folds) })
		s.elsewhere.Store(false)
	})
	require.Len(t, s.folds, 1)
}

func TestAJobEndsWhenAnotherInstanceTakesEventsIn(t *testing.T) {
	s := &store{pending: 25_000, takes: time.Minute}
	during(t, s, folding.Config{Interval: time.Minute, Threshold: 1}, time.Hour, func(time.Time) {
		<-time.After(90 * time.Second) // within the first of three folds
		s.elsewhere.Store(true)
	})
	require.Len(t, s.folds, 1)
	require.Equal(t, 15_000, s.pending)
}

func TestAJobTakesATwentiethOfTheTime(t *testing.T) {
	s := &store{pending: 1, takes: 10 * time.Minute}
	var began time.Time
	during(t, s, folding.Config{Interval: time.Minute, Threshold: 1}, time.Hour, func(now time.Time) {
		began = now
		<-time.After(30 * time.Minute)
		s.change(func() { s.pending = 1 }) // again, after the first was folded
	})
	require.Equal(t, began.Add(time.Minute), s.folds[0])
	require.Len(t, s.folds, 1, "within 200 minutes of the first there is none")
}

func TestAJobIsWoken(t *testing.T) {
	s := &store{takes: time.Minute}
	var began time.Time
	waking(t, s, folding.Config{Interval: 24 * time.Hour, Threshold: 1}, 2*time.Hour, func(job *folding.Job, now time.Time) {
		began = now
		<-time.After(time.Hour)
		for range 1000 { // a stream of changes does not put it off
			s.change(func() { s.pending++ })
			job.Wake()
			<-time.After(time.Millisecond)
		}
		<-time.After(10 * time.Minute)
		s.change(func() { s.pending++ })
		job.Wake() // while it rests for nineteen times of what the fold took
	})
	require.Len(t, s.folds, 3)
	require.Equal(t, began.Add(time.Hour+100*time.Millisecond), s.folds[0])
	require.Equal(t, s.folds[0].Add(time.Minute), s.folds[1], "what came while it folded is folded at once")
	require.Greater(t, s.folds[2].Sub(s.folds[1]), 20*time.Minute)
	require.Less(t, s.folds[2].Sub(s.folds[1]), 45*time.Minute, "it does not wait for the next day")
}

func TestAJobTriesAgain(t *testing.T) {
	s := &store{pending: 1, err: errors.New("away")}
	_, log := during(t, s, folding.Config{Interval: time.Minute, Threshold: 1}, 10*time.Minute, func(time.Time) {
		<-time.After(5 * time.Minute)
		s.change(func() { s.err = nil })
	})
	require.Len(t, s.folds, 1)
	require.Contains(t, log, "away")
}
