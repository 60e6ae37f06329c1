package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/fault"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
)

// identity is a fake of the identity service: it counts questions and answers after a delay.
type identity struct {
	identityv1.CredentialServiceClient
	mu     sync.Mutex
	asked  int
	delay  time.Duration
	answer func() (*identityv1.IntrospectResponse, error)
}

func (f *identity) Introspect(ctx context.Context, _ *identityv1.IntrospectRequest, _ ...grpc.CallOption) (*identityv1.IntrospectResponse, error) {
	f.mu.Lock()
	f.asked++
	f.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(f.delay):
	}
	return f.answer()
}

func yes() (*identityv1.IntrospectResponse, error) {
	return &identityv1.IntrospectResponse{Active: true, CredentialId: "c", OrganizationId: acme, Role: admin}, nil
}

func no() (*identityv1.IntrospectResponse, error) { return &identityv1.IntrospectResponse{}, nil }

func away() (*identityv1.IntrospectResponse, error) { return nil, errors.New("connection refused") }

// pass lets time go by in a bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // testing/synctest: the clock is fake
}

func TestPositiveAnswerIsKeptTenSecondsFromTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &identity{answer: yes, delay: time.Second}
		v, token := auth.NewIntrospector(f, time.Now), auth.NewToken(auth.PrefixKey)
		start := time.Now()
		for time.Since(start) < 9*time.Second {
			c, err := v.Verify(t.Context(), token)
			require.NoError(t, err)
			require.Equal(t, auth.Caller{OrganizationID: acme, CredentialID: "c", Role: admin}, c)
			pass(900 * time.Millisecond)
		}
		assert.Equal(t, 1, f.asked)
		f.answer = no
		pass(time.Until(start.Add(10 * time.Second)))
		_, err := v.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrInvalid, "reading an entry must not prolong it")
		assert.Equal(t, 2, f.asked)
	})
}

func TestNegativeAnswerIsKeptASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &identity{answer: no}
		v, token := auth.NewIntrospector(f, time.Now), auth.NewToken(auth.PrefixIngest)
		for range 3 {
			_, err := v.Verify(t.Context(), token)
			require.ErrorIs(t, err, auth.ErrInvalid)
		}
		assert.Equal(t, 1, f.asked)
		f.answer = yes
		pass(time.Second)
		_, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
	})
}

func TestTokenEndsInTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(3 * time.Second)
		f := &identity{answer: func() (*identityv1.IntrospectResponse, error) {
			a, _ := yes()
			a.ExpiresAt = timestamppb.New(end)
			return a, nil
		}}
		v, token := auth.NewIntrospector(f, time.Now), auth.NewToken(auth.PrefixKey)
		c, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, auth.Caller{OrganizationID: acme, CredentialID: "c", ExpiresAt: end.UTC(), Role: admin}, c)
		pass(3*time.Second - 1)
		_, err = v.Verify(t.Context(), token)
		require.NoError(t, err)
		assert.Equal(t, 1, f.asked)
		pass(time.Nanosecond)
		_, err = v.Verify(t.Context(), token)
		assert.ErrorIs(t, err, auth.ErrInvalid, "also when identity still says yes")
	})
}

func TestIdentityAwayIsNeverAStaleYes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &identity{answer: yes}
		v, token := auth.NewIntrospector(f, time.Now), auth.NewToken(auth.PrefixKey)
		_, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
		f.answer = away
		_, err = v.Verify(t.Context(), token)
		require.NoError(t, err, "a fresh entry needs no question")
		pass(10 * time.Second)
		for range 2 {
			_, err = v.Verify(t.Context(), token)
			require.ErrorIs(t, err, fault.Unavailable)
			require.ErrorIs(t, err, auth.ErrUnknowable)
		}
		assert.Equal(t, 3, f.asked, "a failure is not cached")
		f.delay = time.Hour
		start := time.Now()
		_, err = v.Verify(t.Context(), token)
		require.ErrorIs(t, err, fault.Unavailable)
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestOneQuestionPerToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &identity{answer: yes, delay: time.Second}
		v, token := auth.NewIntrospector(f, time.Now), auth.NewToken(auth.PrefixKey)
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := v.Verify(short, token)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		for range 50 {
			wg.Go(func() {
				_, err := v.Verify(t.Context(), token)
				assert.NoError(t, err, "one caller's impatience must not fail the others")
			})
		}
		wg.Wait()
		assert.Equal(t, 1, f.asked)
	})
}

func TestJunkIsNotAsked(t *testing.T) {
	f := &identity{answer: yes}
	v := auth.NewChain(auth.NewIntrospector(f, time.Now))
	for _, junk := range []string{"", "dvk_", "dvk_" + "0123456789", "x", auth.NewToken("dvx")} {
		_, err := v.Verify(t.Context(), junk)
		require.ErrorIs(t, err, auth.ErrInvalid)
	}
	assert.Zero(t, f.asked)
}
