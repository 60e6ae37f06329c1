package clickhouse

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/storetest"
)

// TestQuestionsLeaveRoom holds as many connections as all questions together may.
func TestQuestionsLeaveRoom(t *testing.T) {
	t.Parallel()
	s := open(t).(*Store)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Ready(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range storetest.Questions * connectionsEach {
		rows, err := s.conn.Query(ctx, "SELECT number FROM system.numbers")
		require.NoError(t, err)
		require.True(t, rows.Next()) // the server would send rows for ever
		defer rows.Close()
		defer cancel()
	}
	ready, over := context.WithTimeout(t.Context(), 30*time.Second) // the questions never end
	defer over()
	require.NoError(t, s.Ready(ready))
	_, err := s.Append(t.Context(), uuid.New(), []events.Event{{ID: uuid.New(), Name: "a", OccurredAt: time.Now(), Source: events.Source{Kind: events.SourceGit}, Properties: "{}"}})
	require.NoError(t, err)
}
