package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/pause"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/storetest"
)

// TestOccurrencesWaitForTheirReader has a reader rest for longer than a question may take, as learning does, and more events than are on their way meanwhile.
func TestOccurrencesWaitForTheirReader(t *testing.T) {
	t.Parallel()
	const many, limit = 3000, 2 * time.Second
	s := open(t).(*Store)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	limits := events.DefaultQueryLimits()
	limits.Time = limit
	s.Limit(limits)
	organization, at := storetest.ID("org"), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	batch := make([]events.Event, many)
	for i := range batch {
		batch[i] = events.Event{ID: uuid.New(), Name: "a", OccurredAt: at, ReceivedAt: at, Properties: `{"p":"` + strings.Repeat("x", 20_000) + `"}`}
	}
	_, err := s.Append(t.Context(), organization, batch)
	require.NoError(t, err)
	read := 0
	require.NoError(t, s.Occurrences(t.Context(), organization, events.AllTime, func(catalog.Occurrence) error {
		if read++; read == 1 {
			return pause.For(t.Context(), 2*limit)
		}
		return nil
	}))
	require.Equal(t, many, read)
}
