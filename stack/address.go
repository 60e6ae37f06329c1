package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"devtrail.dev/stack/engines"
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
	if err != nil || port == "" { // without a port a listener takes any, which no client would know
		return address{}, fmt.Errorf("%s %q is not an address like %s", setting, text, usually)
	}
	a := address{setting: setting, host: host, port: port}
	if port != "0" && (!free || value != "") {
		return a, nil
	}
	chosen, err := engines.FreePort(host)
	if err != nil {
		return address{}, fmt.Errorf("%s: %w", setting, err)
	}
	a.port = strconv.Itoa(chosen)
	return a, nil
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
	if home.unclean {
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
