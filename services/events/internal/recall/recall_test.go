package recall_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/recall"
)

func TestWhatIsRememberedIsReadOnceInItsAge(t *testing.T) {
	t.Parallel()
	clock, reads := time.Unix(0, 0), 0
	r := recall.New[int](func() time.Time { return clock }, time.Second)
	one, other := uuid.New(), uuid.New()
	ask := func(organization uuid.UUID) int {
		v, err := r.Of(t.Context(), organization, func(context.Context) (int, error) { reads++; return reads, nil })
		require.NoError(t, err)
		return v
	}
	require.Equal(t, 1, ask(one))
	require.Equal(t, 1, ask(one))
	require.Equal(t, 2, ask(other))
	clock = clock.Add(time.Second)
	require.Equal(t, 3, ask(one))
	r.Forget(one)
	require.Equal(t, 4, ask(one))
	clock = clock.Add(-time.Minute) // a clock that was set back proves nothing
	require.Equal(t, 5, ask(one))
}

func TestWhatIsForgottenWhileItIsReadIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := recall.New[int](func() time.Time { return time.Unix(0, 0) }, time.Second)
	organization := uuid.New()
	_, err := r.Of(t.Context(), organization, func(context.Context) (int, error) { r.Forget(organization); return 1, nil })
	require.NoError(t, err)
	v, err := r.Of(t.Context(), organization, func(context.Context) (int, error) { return 2, nil })
	require.NoError(t, err)
	require.Equal(t, 2, v)
}

func TestAnErrorIsNotRemembered(t *testing.T) {
	t.Parallel()
	r := recall.New[int](func() time.Time { return time.Unix(0, 0) }, time.Second)
	away := errors.New("away")
	_, err := r.Of(t.Context(), uuid.Nil, func(context.Context) (int, error) { return 0, away })
	require.ErrorIs(t, err, away)
	v, err := r.Of(t.Context(), uuid.Nil, func(context.Context) (int, error) { return 2, nil })
	require.NoError(t, err)
	require.Equal(t, 2, v)
}
