package clickhouse

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/storetest"
)

func TestADatabaseThatIsMissingIsNamedAndTheServerLives(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(dbtest.EmptyClickHouse(t))
	require.NoError(t, err)
	address.Path = "/not_there_yet"
	s, err := Open(address.String(), "events-test", storetest.Questions, time.Now)
	require.NoError(t, err)
	defer s.Close()
	for range 3 {
		err = s.Ready(t.Context())
		require.ErrorIs(t, err, fault.Unavailable)
		require.ErrorContains(t, err, "not_there_yet")
		_, err = s.List(t.Context(), [16]byte{1}, events.ListQuery{Range: events.AllTime, Limit: 1})
		require.ErrorIs(t, err, fault.Unavailable)
	}
	dbtest.EmptyClickHouse(t) // the server still works
}
