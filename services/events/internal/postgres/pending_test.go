package postgres

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

// TestHoweverManyOverridesArePendingTheyCount gives so many identities to one developer that overrides are compared and joined; and says of all of them whose
// they were, or of all but the last.
func TestHoweverManyOverridesArePendingTheyCount(t *testing.T) {
	t.Parallel()
	address := dbtest.Postgres(t, eventsmigrations.Postgres())
	s, err := Open(t.Context(), address, "events-test", storetest.Questions, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	begins := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		identities, traced int  // pending ones, and of how many it is told whose they were
		nobody             bool // they were nobody's
	}{
		{identities: 1},
		{identities: 1, traced: 1},
		{identities: 2, traced: 2, nobody: true},
		{identities: mostPending, traced: mostPending - 1},
		{identities: mostPending, traced: mostPending},
		{identities: mostPending + 1, traced: mostPending + 1},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			organization, others := uuid.New(), 30
			var batch []events.Event
			add := func(i, n int, developer uuid.UUID) {
				for range n {
					at := begins.Add(time.Duration(len(batch)) * time.Second)
					batch = append(batch, events.Event{
						Actor: events.Identity{Kind: 1, Value: fmt.Sprint("person ", i)}, DeveloperID: developer, ID: uuid.New(), Name: "x", OccurredAt: at, ReceivedAt: at,
						Properties: "{}",
					})
				}
			}
			changes := make([]events.Reassignment, c.identities)
			for i := range changes {
				stamped := storetest.ID(fmt.Sprint("developer ", i))
				if c.nobody {
					stamped = uuid.Nil
				}
				add(i, 2, stamped)
				changes[i] = events.Reassignment{DeveloperID: storetest.ID("all"), Identity: events.Identity{Kind: 1, Value: fmt.Sprint("person ", i)}, Sequence: int64(i + 1)}
				if i < c.traced {
					changes[i].Previous = &stamped
				}
			}
			for i := range others { // some of whom events of moved identities are stamped with
				add(1000+i, 1, storetest.ID(fmt.Sprint("developer ", i)))
			}
			_, err := s.Append(t.Context(), organization, batch)
			require.NoError(t, err)
			require.NoError(t, s.Reassign(t.Context(), organization, changes))

			of := func(developer string) int {
				list, err := s.List(t.Context(), organization, events.ListQuery{
					Filter: events.Filter{DeveloperIDs: []uuid.UUID{storetest.ID(developer)}}, Limit: len(batch), Range: events.AllTime,
				})
				require.NoError(t, err)
				return len(list)
			}
			require.Equal(t, 2*c.identities, of("all"))
			require.Equal(t, 1, of("developer 0"))
			require.NoError(t, s.ask(t.Context(), organization, func(look *session) error {
				stranger := insight.Question{Filter: events.Filter{DeveloperIDs: []uuid.UUID{storetest.ID("stranger")}}}
				r, err := look.query().about(t.Context(), stranger, events.AllTime)
				require.Equal(t, c.identities > mostPending || c.traced < c.identities, r.Overrides, "overrides are looked up for somebody whom all leave alone")
				return err
			}))
			q := insight.TrendsQuery{
				Buckets:  []time.Time{begins},
				Question: insight.Question{Range: events.Range{Start: begins, End: begins.AddDate(0, 0, 7)}, By: insight.Developers},
				Series:   []insight.Series{{Matcher: insight.Matcher{{}}, Math: insight.UniqueActors}, {Matcher: insight.Matcher{{}}, Math: insight.Total}},
			}
			rows, err := s.TrendRows(t.Context(), organization, q)
			require.NoError(t, err)
			require.InDelta(t, others+1, rows[0].Total, 0)
			require.InDelta(t, len(batch), rows[1].Total, 0)
			require.InDelta(t, len(batch), rows[1].Values[0], 0)
		})
	}
}

// TestWhatAnotherVersionWroteIsNotBelieved changes an override as a service does that does not know whom events may be stamped with.
func TestWhatAnotherVersionWroteIsNotBelieved(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), dbtest.Postgres(t, eventsmigrations.Postgres()), "events-test", storetest.Questions, time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	at, organization, identity := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), uuid.New(), events.Identity{Kind: 1, Value: "ada@example.org"}
	owners := []uuid.UUID{storetest.ID("first"), storetest.ID("second"), storetest.ID("third"), storetest.ID("fourth")}
	stored := func(stamp uuid.UUID) {
		e := events.Event{Actor: identity, DeveloperID: stamp, ID: uuid.New(), Name: "x", OccurredAt: at, ReceivedAt: at, Properties: "{}"}
		_, err := s.Append(t.Context(), organization, []events.Event{e})
		require.NoError(t, err)
	}
	belong := func(owner uuid.UUID, n int) {
		t.Helper()
		list, err := s.List(t.Context(), organization, events.ListQuery{Filter: events.Filter{DeveloperIDs: []uuid.UUID{owner}}, Limit: 10, Range: events.AllTime})
		require.NoError(t, err)
		require.Len(t, list, n)
	}
	become := func(n int) {
		change := events.Reassignment{DeveloperID: owners[n], Identity: identity, Previous: &owners[n-1], Sequence: int64(n)}
		require.NoError(t, s.Reassign(t.Context(), organization, []events.Reassignment{change}))
	}
	stored(owners[0])
	become(1)
	stored(owners[0]) // and is stamped with the second
	_, err = s.pool.Exec(t.Context(), "UPDATE identity_overrides SET developer_id = $1, sequence = 2, folded = false WHERE organization_id = $2", owners[2], organization)
	require.NoError(t, err)
	belong(owners[2], 2)
	become(3)
	belong(owners[3], 2)
	belong(owners[1], 0)
}
