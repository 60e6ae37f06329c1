package engines

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

const loopback = "127.0.0.1"

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// Ports of our choice lie below those that kernels give to outgoing connections
// and to listeners on port 0 (32768 and more on Linux, 49152 elsewhere): one of
// these could take the port before its server listens, or while it is started
// again.
const (
	firstFreePort = 20_000
	freePorts     = 12_000
)

// FreePort returns a port of the host on which nobody listens at this moment.
func FreePort(host string) (int, error) {
	ports, err := FreePorts(host, 1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}

// FreePorts returns so many different ports of the host, as FreePort does.
func FreePorts(host string, n int) (ports []int, err error) {
	for range n {
		l, err := listenSomewhere(host)
		if err != nil {
			return nil, err
		}
		defer l.Close() // once all are found, so that they differ
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// listenSomewhere listens on a port of our choice.
func listenSomewhere(host string) (l net.Listener, err error) {
	for range 100 {
		port := firstFreePort + rand.IntN(freePorts) //nolint:gosec // it only has to be seldom that of another
		if l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("find a free port: %w", err)
}

// freePort returns port when nobody listens on it, or some free port for 0.
// It is free only at this moment, so a start on a port of our choice is tried
// again when somebody else was faster.
func freePort(port int) (int, error) {
	if port == 0 {
		return FreePort(loopback)
	}
	l, err := net.Listen("tcp4", address(port))
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return 0, portTaken(port)
		}
		return 0, fmt.Errorf("try port %d: %w", port, err)
	}
	return port, l.Close()
}

func portTaken(port int) error {
	return fmt.Errorf("%w: another program listens on %s: stop it or choose another port", ErrPortTaken, address(port))
}
