package overrides_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/overrides"
)

// TestWhatIsLeftOutMattersToNobodyAsked has random events of random identities, stamped with whom their overrides name, and asks whose they are with all
// overrides and with those that are left.
func TestWhatIsLeftOutMattersToNobodyAsked(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		dice := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // repeatable, not secret
		developer := func() uuid.UUID { return uuid.UUID{15: byte(dice.IntN(6))} }
		var pending []overrides.Override
		for i := range dice.IntN(5) {
			o := overrides.Override{Identity: events.Identity{Kind: 1, Value: string(rune('a' + i))}, DeveloperID: developer()}
			for range dice.IntN(3) {
				o.Previous = append(o.Previous, developer())
			}
			pending = append(pending, o)
		}
		asked := []uuid.UUID{developer(), developer()}
		own, stamps := overrides.About(asked, pending)
		for _, identity := range []string{"a", "b", "c", "d", "e"} {
			of := func(list []overrides.Override) (overrides.Override, bool) {
				i := slices.IndexFunc(list, func(o overrides.Override) bool { return o.Identity.Value == identity })
				if i < 0 {
					return overrides.Override{}, false
				}
				return list[i], true
			}
			stamp := developer()
			o, overridden := of(pending)
			if overridden && len(o.Previous) > 0 {
				stamp = append(o.Previous, o.DeveloperID)[dice.IntN(len(o.Previous)+1)]
			}
			owner := stamp
			if overridden {
				owner = o.DeveloperID
			}
			found := stamp
			if left, there := of(own); there {
				found = left.DeveloperID
			}
			seen := slices.Contains(asked, found) && (stamps == nil || slices.Contains(stamps, stamp))
			require.Equal(t, slices.Contains(asked, owner), seen, "seed %d, identity %s", seed, identity)
		}
	}
}

func TestWhomEventsMayBeStampedWith(t *testing.T) {
	t.Parallel()
	a, b, c := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}
	known := overrides.Override{DeveloperID: a, Previous: []uuid.UUID{c, b}}
	unknown := overrides.Override{DeveloperID: a}
	require.Equal(t, []uuid.UUID{b, c}, overrides.Moved([]overrides.Override{known, {DeveloperID: c, Previous: []uuid.UUID{b}}}))
	require.Empty(t, overrides.Moved([]overrides.Override{known, unknown}))
	own, stamps := overrides.About([]uuid.UUID{a}, []overrides.Override{known, unknown})
	require.Len(t, own, 2)
	require.Empty(t, stamps)
	own, stamps = overrides.About([]uuid.UUID{a, b}, []overrides.Override{known})
	require.Len(t, own, 1)
	require.Equal(t, []uuid.UUID{a, b, c}, stamps)
	own, stamps = overrides.About([]uuid.UUID{{4}}, []overrides.Override{known})
	require.Empty(t, own)
	require.Empty(t, stamps)
}
