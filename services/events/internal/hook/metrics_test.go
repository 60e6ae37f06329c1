package hook_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A rule on the growth of a series does not see its first value.
func TestDeliveriesAreCountedFromZero(t *testing.T) {
	f := setup(t)
	families, err := f.registry.Gather()
	require.NoError(t, err)
	counts := map[string]float64{}
	for _, family := range families {
		if family.GetName() == "devtrail_hook_deliveries_total" {
			for _, m := range family.GetMetric() {
				counts[m.GetLabel()[1].GetValue()+" "+m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	for _, provider := range []string{"bitbucket", "forgejo", "gitea", "github", "gitlab", "gogs"} {
		for _, outcome := range []string{"forged", "retry", "unreadable"} {
			require.Contains(t, counts, provider+" "+outcome)
			require.Zero(t, counts[provider+" "+outcome])
		}
	}
}
