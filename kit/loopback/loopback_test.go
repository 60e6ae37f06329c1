package loopback_test

import (
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/loopback"
)

func TestAnAddressIsNobodyElses(t *testing.T) {
	hosts := make(map[string]bool)
	for range 4 {
		address, err := loopback.Address(t.Context())
		require.NoError(t, err)
		host, _, err := net.SplitHostPort(address)
		require.NoError(t, err)
		require.True(t, net.ParseIP(host).IsLoopback())
		hosts[host] = true
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		require.NoError(t, err)
		require.NoError(t, listener.Close())
	}
	if runtime.GOOS == "linux" {
		require.Len(t, hosts, 4)
	}
}
