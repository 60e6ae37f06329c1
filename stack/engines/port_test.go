package engines

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFreePortsDifferAndLieBelowThoseOfConnections(t *testing.T) {
	t.Parallel()
	ports, err := FreePorts(loopback, 200)
	require.NoError(t, err)
	require.Len(t, ports, 200)
	for _, port := range ports {
		require.GreaterOrEqual(t, port, firstFreePort)
		require.Less(t, port, firstFreePort+freePorts)
	}
	slices.Sort(ports)
	require.Len(t, slices.Compact(ports), 200)
}
