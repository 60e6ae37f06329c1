package clickhouse

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/services/events"
	eventsmigrations "devtrail.dev/services/events/migrations"
	"devtrail.dev/services/events/storetest"
)

// TestASupersededOverrideNeverComesBack asks for the overrides all the while that a fold takes those of an identity out. They lie in many parts, the newest in the one that
// is written first. Without the statement that takes the superseded ones out before, one of them is soon seen as the newest.
func TestASupersededOverrideNeverComesBack(t *testing.T) {
	t.Parallel()
	identity := events.Identity{Kind: 1, Value: "ada@example.org"}
	const parts = 8
	for name, c := range map[string]struct {
		steps    []removal
		attempts int
		back     bool
	}{
		"as a fold does": {steps: removals, attempts: 2},
		"in one step":    {steps: []removal{{}}, attempts: 200, back: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := reopen(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
			require.NoError(t, s.conn.Exec(t.Context(), "ALTER TABLE identity_overrides MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1"))
			back := false
			for sequence := uint64(parts); c.attempts > 0 && !back; c.attempts-- {
				for older := range uint64(parts) {
					err := s.conn.Exec(t.Context(), "INSERT INTO identity_overrides (organization_id, actor_kind, actor_value, developer_id, sequence) VALUES ($1, 1, 'ada@example.org', $2, $3)", org, storetest.ID("developer"), sequence-older)
					require.NoError(t, err)
				}
				f := folds{organization: org, taken: make(map[uint64]bool)}
				f.add(identity, keyOf(t, s, identity), storetest.ID("developer"), sequence)
				done := make(chan error, 1)
				go func() { done <- s.remove(context.WithoutCancel(t.Context()), f, c.steps) }()
				for ended := false; !ended; {
					select {
					case err := <-done:
						require.NoError(t, err)
						ended = true
					default:
						var newest uint64
						require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT max(sequence) FROM identity_overrides").Scan(&newest))
						back = back || newest != sequence && newest != 0
					}
				}
				sequence += parts
			}
			require.Equal(t, c.back, back)
			var left uint64
			require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT count() FROM identity_overrides").Scan(&left))
			require.Zero(t, left)
		})
	}
}

// keyOf is what events of an identity carry.
func keyOf(t *testing.T, s *Store, i events.Identity) (key uint64) {
	t.Helper()
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT sipHash64(toUInt8($1), $2)", uint8(i.Kind), i.Value).Scan(&key))
	return key
}
