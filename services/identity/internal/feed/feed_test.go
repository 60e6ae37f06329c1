package feed_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/feed"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// sequence is a stored sequence in memory, with notices that may be switched off.
type sequence struct {
	mu      sync.Mutex
	changes []identity.Change
	err     error
	changed chan struct{}
	done    chan struct{}
}

func newSequence() *sequence {
	return &sequence{changed: make(chan struct{}), done: make(chan struct{})}
}

func (s *sequence) List(_ context.Context, after int64, limit int) ([]identity.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.changes[min(int(after), len(s.changes)):]
	return rest[:min(limit, len(rest))], s.err
}

func (s *sequence) Last(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.changes)), s.err
}

func (s *sequence) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *sequence) Done() <-chan struct{} { return s.done }

func (s *sequence) add(count int, notify bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range count {
		s.changes = append(s.changes, identity.Change{Sequence: int64(len(s.changes) + 1)})
	}
	if notify {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

func TestWatchBreaksSilenceEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSequence()
		start := time.Now()
		var beats []time.Duration
		for batch, err := range feed.New(s, s, time.Second).Watch(t.Context(), 0) {
			require.NoError(t, err)
			require.Empty(t, batch.Changes)
			require.Zero(t, batch.Sequence)
			if beats = append(beats, time.Since(start)); len(beats) == 4 {
				break
			}
		}
		require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}, beats)
	})
}

func TestWatchYieldsWhatWasAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSequence()
		s.add(2500, false)
		want := int64(7)
		batches := 0
		for batch, err := range feed.New(s, s, time.Second).Watch(t.Context(), want) {
			require.NoError(t, err)
			for _, change := range batch.Changes {
				want++
				require.Equal(t, want, change.Sequence)
			}
			require.Equal(t, want, batch.Sequence)
			if batches++; want == 2500 && batches == 3 {
				s.add(3, true)
			}
			if want == 2503 {
				break
			}
		}
		require.Equal(t, 4, batches)
	})
}

func TestWatchSurvivesALostNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSequence()
		start := time.Now()
		for batch, err := range feed.New(s, s, time.Second).Watch(t.Context(), 0) {
			require.NoError(t, err)
			if len(batch.Changes) > 0 {
				break
			}
			s.add(1, false)
		}
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestWatchEnds(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		after int64
		end   func(s *sequence, cancel context.CancelFunc)
		want  error
	}{
		{"when the caller leaves", 0, func(_ *sequence, cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"when the instance stops", 0, func(s *sequence, _ context.CancelFunc) { close(s.done) }, feed.ErrStopping},
		{"when reading fails", 0, func(s *sequence, _ context.CancelFunc) { s.err = broken }, broken},
		{"at once when the number was never given out", 9, func(*sequence, context.CancelFunc) {}, identity.ErrSequenceAhead},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSequence()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var last error
				for _, err := range feed.New(s, s, time.Second).Watch(ctx, tt.after) {
					if last = err; err == nil {
						tt.end(s, cancel)
					}
				}
				require.ErrorIs(t, last, tt.want)
			})
		})
	}
}
