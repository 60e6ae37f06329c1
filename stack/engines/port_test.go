package engines

import (
	"net"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFreePortsDifferAndLieBelowThoseOfConnections(t *testing.T) {
	t.Parallel()
	var b portBlock
	t.Cleanup(func() { require.NoError(t, b.held.Close()) })
	ports := give(t, &b, blockPorts/2)
	for _, port := range ports {
		require.GreaterOrEqual(t, port, firstFreePort)
		require.Less(t, port, firstFreePort+freePorts)
	}
	slices.Sort(ports)
	require.Len(t, slices.Compact(slices.Clone(ports)), len(ports))

	taken, err := net.Listen("tcp", address(ports[0]))
	require.NoError(t, err)
	defer taken.Close()
	require.NotContains(t, give(t, &b, blockPorts), ports[0], "the next turn leaves out a port that is in use")
}

// A process that has the block of a killed one does not begin where that began: who knew the port of the killed one would find a stranger.
func TestPortsOfABlockDoNotBeginWithTheSame(t *testing.T) {
	t.Parallel()
	begins := map[int]bool{}
	for range 20 {
		var b portBlock
		port := give(t, &b, 1)[0]
		begins[port-b.held.Addr().(*net.TCPAddr).Port] = true
		require.NoError(t, b.held.Close())
	}
	require.Greater(t, len(begins), 1)
}

func TestAHostThatIsNoneOfOursIsTriedOnce(t *testing.T) {
	t.Parallel()
	var b portBlock
	_, err := b.give("no such host")
	require.ErrorContains(t, err, "no such host")
	first := b.given
	t.Cleanup(func() { require.NoError(t, b.held.Close()) })
	_, err = b.give("no such host")
	require.Error(t, err)
	require.Equal(t, first+1, b.given)
}

// Two values stand for two processes: they share nothing but the machine.
func TestNoTwoProcessesGiveTheSamePort(t *testing.T) {
	t.Parallel()
	var given []int
	for range 8 {
		var b portBlock
		given = append(given, give(t, &b, blockPorts/2)...)
		t.Cleanup(func() { require.NoError(t, b.held.Close()) })
	}
	slices.Sort(given)
	require.Len(t, slices.Compact(slices.Clone(given)), 8*blockPorts/2)
}

func give(tb testing.TB, b *portBlock, n int) (ports []int) {
	tb.Helper()
	for range n {
		port, err := b.give(loopback)
		require.NoError(tb, err)
		ports = append(ports, port)
	}
	return ports
}
