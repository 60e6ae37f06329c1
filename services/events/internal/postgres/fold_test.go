package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/pg"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestInstancesFoldTogether has one instance read what is pending. Then the merge is undone, which another instance folds before the first goes on.
func TestInstancesFoldTogether(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t, eventsmigrations.Postgres())
	open := func(name string) *Store {
		s, err := Open(t.Context(), url, name, storetest.Questions, time.Now)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	one, two := open("one"), open("two")
	organization, ada, bob := uuid.New(), storetest.ID("ada"), storetest.ID("bob")
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	e, err := events.Event{
		Actor: identity, DeveloperID: ada, ID: uuid.New(), Name: "a", OccurredAt: time.Now(), Packages: []string{"pkg:npm/x@1"}, Source: events.Source{Kind: events.SourceGit},
	}.Canonical(time.Now())
	require.NoError(t, err)
	_, err = one.Append(t.Context(), organization, []events.Event{e})
	require.NoError(t, err)
	require.NoError(t, one.Reassign(t.Context(), organization, []events.Reassignment{{DeveloperID: bob, Identity: identity, Previous: &ada, Sequence: 1}}))
	list, err := one.pending(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, list, 1)

	require.NoError(t, two.Reassign(t.Context(), organization, []events.Reassignment{{DeveloperID: ada, Identity: identity, Previous: &bob, Sequence: 2}}))
	folded, err := two.Fold(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, folded)

	require.NoError(t, one.barrier(t.Context()))
	for p := (progress{after: newest}); p.folded < len(list); {
		require.NoError(t, pg.InTx(t.Context(), one.pool, func(tx pgx.Tx) (err error) {
			p, err = p.step(t.Context(), tx, list)
			return err
		}))
	}
	found, err := one.List(t.Context(), organization, events.ListQuery{Limit: 10, Range: events.AllTime})
	require.NoError(t, err)
	require.Equal(t, ada, found[0].DeveloperID)
	pending, err := one.Pending(t.Context())
	require.NoError(t, err)
	require.Zero(t, pending)
}
