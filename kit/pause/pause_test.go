package pause_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/pause"
)

func TestForEndsWithItsTimeOrItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		require.NoError(t, pause.For(t.Context(), time.Minute))
		require.Equal(t, time.Minute, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		require.ErrorIs(t, pause.For(ctx, time.Hour), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestBackoffDoublesUpToItsMostWithJitter(t *testing.T) {
	t.Parallel()
	b := pause.Backoff{First: 100 * time.Millisecond, Most: time.Second}
	for _, top := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		wait := b.Next()
		require.LessOrEqual(t, wait, top*time.Millisecond)
		require.GreaterOrEqual(t, wait, top*time.Millisecond/2-1)
	}
	b.Reset()
	require.LessOrEqual(t, b.Next(), 100*time.Millisecond)
}
