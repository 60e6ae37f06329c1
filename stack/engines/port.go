package engines

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

const loopback = "127.0.0.1"

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// freePort returns port when nobody listens on it, or some free port for 0.
// It is free only at this moment, so a start on a port of our choice is tried
// again when somebody else was faster.
func freePort(port int) (int, error) {
	l, err := net.Listen("tcp4", address(port))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return 0, portTaken(port)
		}
		return 0, fmt.Errorf("try port %d: %w", port, err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func portTaken(port int) error {
	return fmt.Errorf("%w: another program listens on %s: stop it or choose another port", ErrPortTaken, address(port))
}
