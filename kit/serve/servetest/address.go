package servetest

import (
	"testing"

	"devtrail.dev/kit/loopback"
)

// FreeAddress is an address of this machine at which nobody listens, for a server that is started later or never.
func FreeAddress(t testing.TB) string {
	t.Helper()
	address, err := loopback.Address(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}
