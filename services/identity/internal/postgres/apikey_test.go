package postgres_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"devtrail.dev/kit/auth"
	"devtrail.dev/services/identity"
	"devtrail.dev/services/identity/internal/postgres"
)

// createKeys makes keys and returns their ids in order.
func (b bundle) createKeys(tb testing.TB, count int) []uuid.UUID {
	tb.Helper()
	var ids []uuid.UUID
	for range count {
		token := auth.NewToken(auth.PrefixKey)
		key, err := identity.KeyOfToken(token, "key", identity.RoleAdmin, noon)
		require.NoError(tb, err)
		require.NoError(tb, b.APIKeys.Create(tb.Context(), b.organization, postgres.NewKey{Key: key, Token: token, Actor: "credential:test"}))
		ids = append(ids, key.ID)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// Instances that report the same keys lock them in one order, whatever the order of their reports, so that they never wait for each other crosswise.
func TestTouchLocksKeysInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, "lock_timeout=0", "statement_timeout=0") // a report waits until the test lets it go on
	ids := b.createKeys(t, 3)
	// The first key lies last in the table now.
	_, err := b.pool.Exec(t.Context(), `UPDATE api_keys SET display_name = 'moved' WHERE id = $1`, ids[0])
	require.NoError(t, err)
	for round, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		at := noon.Add(time.Duration(round) * time.Minute)
		var uses []postgres.Use
		for _, i := range order {
			uses = append(uses, postgres.Use{OrganizationID: b.organization, ID: ids[i], At: at})
		}
		middle, err := b.pool.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = middle.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = middle.Exec(t.Context(), `SELECT FROM api_keys WHERE id = $1 FOR UPDATE`, ids[1])
		require.NoError(t, err)
		var group errgroup.Group
		group.Go(func() error { return b.APIKeys.Touch(t.Context(), uses) })
		b.requireWaiting(t, 1)

		rows, err := b.pool.Query(t.Context(), `SELECT id FROM api_keys FOR UPDATE SKIP LOCKED`)
		require.NoError(t, err)
		free, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		require.NoError(t, err)
		require.Equal(t, ids[2:], free, "the first is locked, the last is not yet: %v", order)
		require.NoError(t, middle.Rollback(t.Context()))
		require.NoError(t, group.Wait())
		require.Equal(t, 3, b.count(t, `SELECT count(*) FROM api_keys WHERE last_used_at = $1`, at))
	}
}
