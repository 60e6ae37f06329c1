package recall_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/recall"
)

// TestAnAnswerRestsOnWhatIsTrue has what is known change, or not, while it is not believed any more.
func TestAnAnswerRestsOnWhatIsTrue(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	for name, c := range map[string]struct {
		rests, reading time.Duration // until it is asked again, and how long reading takes
		now            int
		away           error
		asked          []int // with what
		canceled       int   // of them
		took           time.Duration
		want           int
		err            error
	}{
		"it is believed":                           {rests: time.Second / 2, now: 2, asked: []int{1}, took: time.Minute, want: 1},
		"it is still so":                           {rests: time.Second, reading: time.Second / 2, now: 1, asked: []int{1}, took: time.Minute, want: 1},
		"it is otherwise":                          {rests: time.Second, reading: time.Second / 2, now: 2, asked: []int{1, 2}, canceled: 1, took: time.Minute + time.Second/2, want: 2},
		"it is still so, but known late":           {rests: time.Second, reading: time.Second, now: 1, asked: []int{1, 1}, canceled: 1, took: time.Minute + time.Second, want: 1},
		"nobody can say":                           {rests: time.Second, away: away, asked: []int{1}, canceled: 1, err: away},
		"a clock that was set back proves nothing": {rests: -time.Hour, now: 2, asked: []int{1, 2}, canceled: 1, took: time.Minute, want: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				organization, back := uuid.New(), time.Duration(0)
				r := recall.New[int](func() time.Time { return time.Now().Add(back) }, time.Second)
				same := func(a, b int) bool { return a == b }
				_, err := r.Of(t.Context(), organization, func(context.Context) (int, error) { return 1, nil })
				require.NoError(t, err)
				if c.rests < 0 {
					back = c.rests
				}
				<-time.After(c.rests)
				var asked []int
				canceled, began := 0, time.Now()
				got, err := recall.Answer(t.Context(), r, organization, func(context.Context) (int, error) {
					<-time.After(c.reading)
					return c.now, c.away
				}, same, func(ctx context.Context, known int) (int, error) {
					asked = append(asked, known)
					select {
					case <-ctx.Done():
						canceled++
						return 0, ctx.Err()
					case <-time.After(time.Minute):
						return known, nil
					}
				})
				require.ErrorIs(t, err, c.err)
				require.Equal(t, c.want, got)
				require.Equal(t, c.asked, asked)
				require.Equal(t, c.canceled, canceled)
				require.Equal(t, c.took, time.Since(began))
			})
		})
	}
}

func TestTheFirstAnswerWaits(t *testing.T) {
	t.Parallel()
	r := recall.New[int](func() time.Time { return time.Unix(0, 0) }, time.Second)
	got, err := recall.Answer(t.Context(), r, uuid.Nil, func(context.Context) (int, error) { return 3, nil }, func(a, b int) bool { return a == b },
		func(_ context.Context, known int) (int, error) { return known * 2, nil })
	require.NoError(t, err)
	require.Equal(t, 6, got)
	away := errors.New("away")
	_, err = recall.Answer(t.Context(), r, uuid.New(), func(context.Context) (int, error) { return 3, away }, func(a, b int) bool { return a == b },
		func(_ context.Context, known int) (int, error) { return known, nil })
	require.ErrorIs(t, err, away)
}
