package clickhouse

import (
	"context"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
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
	conn := s.conn
	s.conn = endsInserts{Conn: conn, then: s.Doubt}
	require.NoError(t, s.settle(t.Context()))
	require.True(t, s.unsettled.Load())
	s.conn = conn
	require.NoError(t, s.settle(t.Context()))
	require.False(t, s.unsettled.Load())
}

// endsInserts calls then when the inserts of others are ended, with which settling begins.
type endsInserts struct {
	driver.Conn
	then func()
}

func (e endsInserts) Exec(ctx context.Context, query string, args ...any) error {
	err := e.Conn.Exec(ctx, query, args...)
	if strings.HasPrefix(query, "KILL QUERY") {
		e.then()
	}
	return err
}
