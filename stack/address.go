package stack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// address is where a service listens.
type address struct {
	setting    string // the setting that moves it
	host, port string
}

// newAddress takes the setting's value, or the usual address when it is empty.
// Port 0, and free without a value, mean a free port, which is chosen here: it
// stays the same when the process is started again.
func newAddress(setting, value, usually string, free bool) (address, error) {
	text := value
	if text == "" {
		text = usually
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return address{}, fmt.Errorf("%s %q is not an address like %s", setting, text, usually)
	}
	a := address{setting: setting, host: host, port: port}
	if port != "0" && (!free || value != "") {
		return a, nil
	}
	if a.port, err = freePort(host); err != nil {
		return address{}, fmt.Errorf("find a free port for %s: %w", setting, err)
	}
	return a, nil
}

// Free ports are taken from below those that kernels give to outgoing connections (32768 and more on Linux, 49152 elsewhere): one of these could take the port of a
// service before the service listens, or while it is started again.
const (
	firstFreePort = 20_000
	freePorts     = 12_000
)

// freePort returns a port on which nobody listens at this moment.
func freePort(host string) (string, error) {
	var err error
	for range 100 {
		port := strconv.Itoa(firstFreePort + rand.IntN(freePorts)) //nolint:gosec // it only has to be seldom that of another
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort(host, port)); err == nil {
			return port, l.Close()
		}
	}
	return "", err
}

func (a address) listen() string { return net.JoinHostPort(a.host, a.port) }

// dial is the address as clients on this machine need it.
func (a address) dial() string {
	if ip := net.ParseIP(a.host); a.host == "" || ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", a.port)
	}
	return a.listen()
}

// checkFree returns a sentence when somebody else listens there.
func (a address) checkFree() error {
	l, err := net.Listen("tcp", a.listen())
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is taken by another program: stop it, or set %s to another address", a.port, a.setting)
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", a.setting, a.listen(), err)
	}
	return l.Close()
}

// orphanWait is how long the processes of a killed supervisor may take to
// notice and to leave their ports.
const orphanWait = 5 * time.Second

// awaitFree returns nil when all addresses are free. After a run that did not
// stop cleanly it first waits for that run's processes.
func awaitFree(ctx context.Context, wanted []address, home *home) error {
	var wait time.Duration
	if _, err := os.Stat(home.path(stateFile)); err == nil {
		wait = orphanWait
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for _, a := range wanted {
		for err := a.checkFree(); err != nil; err = a.checkFree() {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return err
			}
		}
	}
	return nil
}
