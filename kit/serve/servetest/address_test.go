package servetest_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/serve/servetest"
)

func TestFreeAddressesAreNotGivenTwice(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		address := servetest.FreeAddress(t)
		require.False(t, seen[address], address)
		seen[address] = true
		lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		require.NoError(t, err)
		require.NoError(t, lis.Close())
	}
}
