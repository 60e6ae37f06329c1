package clickhouse

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestABlockOfOrganizationsWithOneIDIsCompleted has two organizations choose the same id for events of different years, since an id says nothing about another
// organization: the packages of one are there before those of the other are looked for.
func TestABlockOfOrganizationsWithOneIDIsCompleted(t *testing.T) {
	t.Parallel()
	url := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	var records []queue.Record
	for i, organization := range []uuid.UUID{org, {7}} {
		batch := years(t, 0, 1)
		batch[0].OccurredAt = noon.AddDate(i-1, 0, 0)
		frame := queue.Frame{Decision: queue.Decision{Since: events.MinTime}, Events: batch, Organization: organization, Received: noon}
		records = append(records, queue.Record{Frame: frame.Encode(nil), Position: queue.Position(i + 1)})
	}
	dying := reopen(t, url)
	dying.between = func() error { return errKilled }
	_, err := dying.StoreBlock(t.Context(), queue.NewBlock(queue.Cut{Number: 7, To: queue.AllEvents, UpTo: 2}, records, time.Time{}))
	require.ErrorIs(t, err, errKilled)

	s := reopen(t, url)
	listed, exposed := count(t, s)
	require.Equal(t, 1, listed)
	require.Equal(t, 1, exposed)
	other, err := s.Exposure(t.Context(), uuid.UUID{7}, query)
	require.NoError(t, err)
	require.EqualValues(t, 1, other.Sighting.Count)
}
