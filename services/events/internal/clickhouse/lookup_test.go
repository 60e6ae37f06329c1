package clickhouse

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestHoweverManyOverridesArePendingTheyCount gives so many identities to one developer that the overrides are compared, listed and joined, and none.
func TestHoweverManyOverridesArePendingTheyCount(t *testing.T) {
	t.Parallel()
	const identities = mostListed + 5
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	begins := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, n := range []int{0, 1, mostCompared, mostCompared + 1, mostListed, mostListed + 1} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s, organization := reopen(t, address), uuid.New()
			batch := make([]events.Event, identities)
			changes := make([]events.Reassignment, n)
			for i := range batch {
				at := begins.Add(time.Duration(i) * time.Minute)
				batch[i] = events.Event{
					Actor: events.Identity{Kind: 1, Value: fmt.Sprint("person ", i)}, DeveloperID: storetest.ID(fmt.Sprint("developer ", i)), ID: uuid.New(), Name: "x",
					OccurredAt: at, ReceivedAt: at, Project: "p", Properties: "{}",
				}
				if i < n {
					changes[i] = events.Reassignment{DeveloperID: storetest.ID("all"), Identity: batch[i].Actor, Sequence: int64(i + 1)}
				}
			}
			_, err := s.Append(t.Context(), organization, batch)
			require.NoError(t, err)
			require.NoError(t, s.Reassign(t.Context(), organization, changes))

			developers := identities
			if n > 0 {
				developers = identities - n + 1
			}
			within := events.Range{Start: begins, End: begins.AddDate(0, 0, 7)}
			q := insight.TrendsQuery{
				Buckets: []time.Time{begins}, Question: insight.Question{Range: within, By: insight.Developers},
				Series: []insight.Series{{Matcher: insight.Matcher{{}}, Math: insight.UniqueActors}},
			}
			rows, err := s.TrendRows(t.Context(), organization, q)
			require.NoError(t, err)
			require.InDelta(t, developers, rows[0].Total, 0)
			of, err := s.List(t.Context(), organization, events.ListQuery{
				Basic: true, Filter: events.Filter{DeveloperIDs: []uuid.UUID{storetest.ID("all")}}, Limit: identities, Range: within,
			})
			require.NoError(t, err)
			require.Len(t, of, n)
			digest, err := events.NewDigestQuery(&within.Start, &within.End)
			require.NoError(t, err)
			digest.Limit = 1
			d, err := s.Digest(t.Context(), organization, digest)
			require.NoError(t, err)
			require.EqualValues(t, developers, d.Developers.Current+d.Developers.Previous)
		})
	}
}
