package engines

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
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
	blockPorts    = 100 // at once held by one process, so 120 processes
)

// block is the part of those ports from which this process chooses.
var block portBlock

// portBlock gives ports in turn, so that one which was given just now, and on
// which its server does not listen yet, is not given again. Its first port is
// listened on as long as the process lives, which keeps other processes that
// choose by the same rule from giving any port of the block. The turn begins
// anywhere in it: when a process ends and the next one has its block, clients
// that still know the port of its server shall seldom find that of another.
type portBlock struct {
	mu    sync.Mutex
	held  net.Listener
	given int // how many were tried, over all turns
}

// FreePort returns a port of the host on which nobody listens at this moment.
func FreePort(host string) (int, error) { return block.give(host) }

// FreePorts returns so many different ports of the host, as FreePort does.
func FreePorts(host string, n int) (ports []int, err error) {
	for range n {
		port, err := FreePort(host)
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func (b *portBlock) give(host string) (port int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil {
		if b.held, err = holdBlock(); err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		b.given = rand.IntN(blockPorts - 1) //nolint:gosec // it only has to be seldom that of another
	}
	first := b.held.Addr().(*net.TCPAddr).Port
	for range blockPorts - 1 {
		port = first + 1 + b.given%(blockPorts-1)
		b.given++
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) { // of the host, so of each of its ports
			break
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// holdBlock listens on the first port of a block that no other process has.
func holdBlock() (l net.Listener, err error) {
	for _, n := range rand.Perm(freePorts / blockPorts) {
		if l, err = net.Listen("tcp4", address(firstFreePort+n*blockPorts)); err == nil {
			return l, nil
		}
	}
	return nil, err
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
