package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/storetest"
)

// TestTheLimitsOfQuestionsAreNoneOfWhatIsStored has questions send few rows, and folds reassignments, and learns days, more of each than those rows.
func TestTheLimitsOfQuestionsAreNoneOfWhatIsStored(t *testing.T) {
	t.Parallel()
	const many = 1500
	s := open(t).(*Store)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	limits := events.QueryLimits{Time: 15 * time.Second, MemoryBytes: 4 << 30, ResultRows: 1000}
	require.NoError(t, limits.Validate())
	s.Limit(limits)
	organization := uuid.New()
	changes := make([]events.Reassignment, many)
	for i := range changes {
		identity := events.Identity{Kind: 1, Value: fmt.Sprint("person ", i)}
		changes[i] = events.Reassignment{DeveloperID: storetest.ID("bob"), Identity: identity, Sequence: int64(i + 1)}
	}
	require.NoError(t, s.Reassign(t.Context(), organization, changes))
	folded, err := s.Fold(t.Context(), 2*many)
	require.NoError(t, err)
	require.Equal(t, many, folded)
	days := make([]catalog.LearnedDay, many)
	for i := range days {
		days[i].Day, days[i].Events = int32(20_000-i), 1
	}
	require.NoError(t, s.Learn(t.Context(), organization, days))
	learned, err := s.LearnedDays(t.Context(), organization)
	require.NoError(t, err)
	require.Len(t, learned, many)
}
