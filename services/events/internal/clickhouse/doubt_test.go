package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestWhoTakesOverCompletesWhatAnotherLeft has an instance that has been there for long, and knew no block that was there by half, take over from one that died.
func TestWhoTakesOverCompletesWhatAnotherLeft(t *testing.T) {
	t.Parallel()
	url := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	s, dying := reopen(t, url), reopen(t, url)
	require.NoError(t, s.Ready(t.Context()))
	dying.between = func() error { return errKilled }
	_, err := dying.Append(t.Context(), org, years(t, 0, 5))
	require.ErrorIs(t, err, errKilled)

	// The negative control: nobody tells it.
	again := func() (exposed int) {
		t.Helper()
		outcomes, err := s.Append(t.Context(), org, years(t, 0, 5))
		require.NoError(t, err)
		require.Equal(t, events.Duplicate, outcomes[0])
		_, exposed = count(t, s)
		return exposed
	}
	require.Zero(t, again())

	s.Doubt()
	require.Equal(t, 5, again())
}

// TestADoubtThatComesWhileTheStoreSettlesIsNotLost has another die after it was looked what is there by half.
func TestADoubtThatComesWhileTheStoreSettlesIsNotLost(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	s.lives.Lock() // it asks for the life of the server
	settled := make(chan error, 1)
	go func() { settled <- s.settle(t.Context()) }()
	require.Eventually(t, s.inserting.wanted, time.Minute, time.Millisecond)
	s.Doubt()
	s.lives.Unlock()
	ends(t, "settling", settled)
	require.True(t, s.unsettled.Load())
	require.NoError(t, s.settle(t.Context()))
	require.False(t, s.unsettled.Load())
}
