package ingest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestARefusalIsKeptBackFromTheHeedless looks at the clock of a bubble: waiting takes no time.
func TestARefusalIsKeptBackFromTheHeedless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuotas(Rates{Hold: time.Second, Organization: Rate{Burst: 1, PerSecond: 0.01}}, time.Now)
		heedless, other := uuid.New(), uuid.New()
		send := func(ctx context.Context, organization uuid.UUID) (time.Duration, error) {
			began := time.Now()
			err := q.take(ctx, organization, "key", 1)
			return time.Since(began), err
		}
		took, err := send(t.Context(), heedless)
		require.NoError(t, err)
		require.Zero(t, took)
		took, err = send(t.Context(), heedless)
		require.ErrorIs(t, err, ErrQuota)
		require.Zero(t, took, "nobody has told it before")
		took, err = send(t.Context(), heedless)
		require.ErrorIs(t, err, ErrQuota)
		require.Equal(t, time.Second, took)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		took, err = send(ctx, heedless)
		require.ErrorIs(t, err, ErrQuota)
		require.Equal(t, 250*time.Millisecond, took, "who listens for half a second hears it in time")
		took, err = send(t.Context(), other)
		require.NoError(t, err)
		require.Zero(t, took)
		<-time.After(101 * time.Second)
		took, err = send(t.Context(), heedless)
		require.NoError(t, err, "it has waited")
		require.Zero(t, took)
	})
}

func TestDebtsAreKeptHoweverManyCome(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	rate := Rate{Burst: 10, PerSecond: 1}
	q := newQuotas(Rates{Key: rate, Organization: rate}, func() time.Time { return now })
	spent := uuid.New()
	require.NoError(t, q.take(t.Context(), spent, "key", 10))
	for range fewBuckets { // two buckets each
		require.NoError(t, q.take(t.Context(), uuid.New(), "key", 10))
	}
	require.ErrorIs(t, q.take(t.Context(), spent, "key", 1), ErrQuota)
	require.Len(t, q.buckets, 2*fewBuckets+2)
	now = now.Add(10 * time.Second)
	for range fewBuckets {
		require.NoError(t, q.take(t.Context(), uuid.New(), "key", 1))
	}
	require.Less(t, len(q.buckets), 3*fewBuckets, "those that are full again are forgotten")
}

// What a request takes out of a bucket is not forgotten with those that are full, however many there are when it comes.
func TestARequestCountsThatHasOthersForgotten(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	rate := Rate{Burst: 10, PerSecond: 1}
	for _, others := range []int{fewBuckets - 2, fewBuckets - 1, fewBuckets} {
		q := newQuotas(Rates{Key: rate, Organization: rate}, func() time.Time { return now })
		for range others {
			q.buckets[owner{organization: uuid.New()}] = &bucket{at: now, left: float64(rate.Burst)}
		}
		spent := uuid.New()
		require.NoError(t, q.take(t.Context(), spent, "key", 10))
		require.ErrorIs(t, q.take(t.Context(), spent, "another key", 1), ErrQuota, "beside %d others", others)
	}
}
