package servetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreeAddress is an address of this machine at which nobody listens, for a server that is started later or never. Its host is a random one of loopback
// where the system has them all, as Linux does: the port alone could be given to another test before it is used.
func FreeAddress(t testing.TB) string {
	t.Helper()
	config := net.ListenConfig{}
	lis, err := config.Listen(t.Context(), "tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))) //nolint:gosec // it only has to be seldom that of another
	if err != nil {
		lis, err = config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := lis.Close(); err != nil {
		t.Fatal(err)
	}
	return lis.Addr().String()
}
