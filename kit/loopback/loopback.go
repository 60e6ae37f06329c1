// Package loopback finds addresses of this machine for servers that tests and measurements start.
package loopback

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
)

// Address returns one that nobody listens at. It is let go of before it is used, so on Linux, where all of 127.0.0.0/8 is this machine, it has an IP that is nobody
// else's: on 127.0.0.1 another call, or a connection that leaves from there, could have the port by then.
func Address(ctx context.Context) (string, error) {
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		host = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254)) //nolint:gosec // it only has to be seldom that of another
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
