package clickhouse

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestAFoldTellsIdentitiesOfOneKeyApart gives events of two identities one key, as somebody could who looks for texts with equal hashes.
func TestAFoldTellsIdentitiesOfOneKeyApart(t *testing.T) {
	t.Parallel()
	s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	batch := years(t, 0, 6)
	victim, attacker := events.Identity{Kind: 1, Value: "victim@example.org"}, events.Identity{Kind: 1, Value: "attacker@example.org"}
	owner, thief := storetest.ID("owner"), storetest.ID("thief")
	for i := range batch {
		batch[i].Actor, batch[i].DeveloperID = victim, owner
		if i%2 == 0 {
			batch[i].Actor = attacker
		}
		batch[i].Packages = []string{"pkg:npm/x@1"}
	}
	_, err := s.Append(t.Context(), org, batch)
	require.NoError(t, err)
	for _, table := range foldedTables {
		require.NoError(t, s.conn.Exec(t.Context(), "ALTER TABLE "+table+" UPDATE actor_key = sipHash64(toUInt8(1), 'attacker@example.org') WHERE 1 SETTINGS mutations_sync = 1"))
	}
	require.NoError(t, s.Reassign(t.Context(), org, []events.Reassignment{{Identity: attacker, DeveloperID: thief, Sequence: 1}}))
	check := func(when string) {
		list, err := s.List(t.Context(), org, events.ListQuery{Range: events.AllTime, Limit: 100})
		require.NoError(t, err)
		require.Len(t, list, 6)
		for _, e := range list {
			require.Equal(t, map[events.Identity]uuid.UUID{victim: owner, attacker: thief}[e.Actor], e.DeveloperID, "%s: %s", when, e.Actor.Value)
		}
		x, err := s.Exposure(t.Context(), org, events.ExposureQuery{Range: events.AllTime, Limit: 100, Package: "pkg:npm/x"})
		require.NoError(t, err)
		require.Len(t, x.Developers.Rows, 2, when)
		for _, row := range x.Developers.Rows {
			require.EqualValues(t, 3, row.Sighting.Count, "%s: %s", when, row.Key)
		}
	}
	check("pending")
	n, err := s.Fold(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	check("folded")
}

func TestOneFoldTakesOneIdentityOfAKey(t *testing.T) {
	f := folds{taken: make(map[uint64]bool)}
	a, b, c := events.Identity{Kind: 1, Value: "a"}, events.Identity{Kind: 1, Value: "b"}, events.Identity{Kind: 2, Value: "a"}
	f.add(a, 7, storetest.ID("a"), 1)
	f.add(b, 7, storetest.ID("b"), 2)
	f.add(c, 8, storetest.ID("c"), 3)
	require.Equal(t, []events.Identity{a, c}, f.identities)
	require.Equal(t, []uint64{7, 8}, f.keys)
	require.Equal(t, []uuid.UUID{storetest.ID("a"), storetest.ID("c")}, f.developers)
	require.Equal(t, []uint64{1, 3}, f.sequences)
}
