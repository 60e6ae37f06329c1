package deliver_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/cmd/devtrail/internal/deliver"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pause"
)

var errAway = fault.New(fault.Unavailable, "AWAY", "away")

// again tries until patience ends, or for a time, and returns how long that was.
func again(t *testing.T, r *deliver.Retry, most time.Duration) (time.Duration, error) {
	t.Helper()
	for began := time.Now(); ; {
		err := r.Again(t.Context(), errAway)
		if tried := time.Since(began); err != nil || tried > most {
			return tried, err
		}
	}
}

func TestProgressOfOneIsPatienceWithAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patience := deliver.NewPatience(time.Minute, time.Now, nil)
		starved, sibling := patience.Retry(), patience.Retry()
		for range 10 {
			_, err := again(t, starved, 50*time.Second)
			require.NoError(t, err)
			sibling.Progress()
		}
		tried, err := again(t, starved, time.Hour)
		require.ErrorIs(t, err, errAway)
		require.Greater(t, tried, time.Minute)
		require.Less(t, tried, 70*time.Second)
	})
}

func TestPausesAreOfOneThing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patience := deliver.NewPatience(time.Hour, time.Now, nil)
		starved, sibling := patience.Retry(), patience.Retry()
		_, err := again(t, starved, time.Minute)
		require.NoError(t, err)
		sibling.Progress()
		began := time.Now()
		require.NoError(t, starved.Again(t.Context(), errAway))
		require.Greater(t, time.Since(began), 2*time.Second, "the progress of another does not shorten them")
		began = time.Now()
		require.NoError(t, sibling.Again(t.Context(), errAway))
		require.LessOrEqual(t, time.Since(began), 100*time.Millisecond)
	})
}

// A history may be read for long before there is something to send.
func TestTimeWithoutAttemptsIsNotWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		patience := deliver.NewPatience(time.Minute, time.Now, nil)
		patience.Retry().Progress()
		require.NoError(t, pause.For(t.Context(), time.Hour))
		tried, err := again(t, patience.Retry(), time.Hour)
		require.ErrorIs(t, err, errAway)
		require.Greater(t, tried, time.Minute)
	})
}

func TestThatNothingGoesOnIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		patience := deliver.NewPatience(time.Minute, time.Now, func(reason error) {
			require.ErrorIs(t, reason, errAway)
			told++
		})
		for range 3 {
			r := patience.Retry()
			_, err := again(t, r, time.Second)
			require.NoError(t, err)
			r.Progress()
		}
		require.Zero(t, told, "what passes at once is nothing to tell")
		a, b := patience.Retry(), patience.Retry()
		for _, r := range []*deliver.Retry{a, b} {
			_, err := again(t, r, 20*time.Second)
			require.NoError(t, err)
		}
		require.Equal(t, 1, told)
		a.Progress()
		_, err := again(t, b, 20*time.Second)
		require.NoError(t, err)
		require.Equal(t, 2, told)
	})
}
