package clickhouse

import (
	"fmt"
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

// TestHoweverManyOverridesArePendingTheyCount gives so many identities to one developer that the overrides are compared and joined, and none; and says of all of
// them whose they were, or of all but the last.
func TestHoweverManyOverridesArePendingTheyCount(t *testing.T) {
	t.Parallel()
	address := dbtest.ClickHouse(t, eventsmigrations.ClickHouse())
	for _, n := range []int{0, 1, mostCompared, mostCompared + 1, mostKnown, mostKnown + 1} {
		for traced := max(0, n-1); traced <= n; traced++ {
			t.Run(fmt.Sprintf("%d of %d traced", traced, n), func(t *testing.T) {
				manyPending(t, reopen(t, address), n, traced)
			})
		}
	}
}

func manyPending(t *testing.T, s *Store, n, traced int) {
	t.Helper()
	const identities = mostKnown + 5
	begins, organization := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), uuid.New()
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
		if i < traced {
			changes[i].Previous = &batch[i].DeveloperID
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
	of := func(developer string) int {
		list, err := s.List(t.Context(), organization, events.ListQuery{
			Basic: true, Filter: events.Filter{DeveloperIDs: []uuid.UUID{storetest.ID(developer)}}, Limit: identities, Range: within,
		})
		require.NoError(t, err)
		return len(list)
	}
	require.Equal(t, n, of("all"))
	for _, i := range []int{0, max(0, n-1), n} {
		moved := 0
		if i >= n {
			moved = 1
		}
		require.Equal(t, moved, of(fmt.Sprint("developer ", i)))
	}
	digest, err := events.NewDigestQuery(&within.Start, &within.End)
	require.NoError(t, err)
	digest.Limit = 1
	d, err := s.Digest(t.Context(), organization, digest)
	require.NoError(t, err)
	require.EqualValues(t, developers, d.Developers.Current+d.Developers.Previous)
}

// TestAMergeOfPartsKeepsWhomEventsMayBeStampedWith has only the newest row of an identity left, as merges do sooner or later.
func TestAMergeOfPartsKeepsWhomEventsMayBeStampedWith(t *testing.T) {
	t.Parallel()
	s, at, organization := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse())), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), uuid.New()
	owners := []uuid.UUID{storetest.ID("first"), storetest.ID("second"), storetest.ID("third")}
	e := events.Event{
		Actor: events.Identity{Kind: 1, Value: "ada@example.org"}, DeveloperID: owners[0], ID: uuid.New(), Name: "x", OccurredAt: at, ReceivedAt: at, Properties: "{}",
	}
	_, err := s.Append(t.Context(), organization, []events.Event{e})
	require.NoError(t, err)
	for i := range owners[1:] {
		change := events.Reassignment{DeveloperID: owners[i+1], Identity: e.Actor, Previous: &owners[i], Sequence: int64(i + 1)}
		require.NoError(t, s.Reassign(t.Context(), organization, []events.Reassignment{change}))
	}
	require.NoError(t, s.conn.Exec(t.Context(), "OPTIMIZE TABLE identity_overrides FINAL"))
	list, err := s.List(t.Context(), organization, events.ListQuery{Basic: true, Filter: events.Filter{DeveloperIDs: owners[2:]}, Limit: 10, Range: events.AllTime})
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// What is known of the overrides is as old as the question for it: another instance may have reassigned since.
func TestOverridesThatWereReadLateAreReadByTheQuestion(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	for _, c := range []struct {
		took time.Duration
		many bool
	}{{0, false}, {overridesBelieved - 1, false}, {overridesBelieved, true}, {-time.Hour, true}} {
		at := time.Now()
		s.now = func() time.Time { at = at.Add(c.took); return at }
		l, err := s.readOverrides(org)(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.many, l != nil && l.many, c.took)
	}
}
