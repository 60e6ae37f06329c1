package server

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/pause"
	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events"
)

// envChild makes this test binary the events service, or the broker of its log.
const (
	envChild = "DEVTRAIL_TEST_CHILD"
	counting = "counting"
)

// organization is whose events are measured.
const organization = "5d0c3a5e-0000-4000-8000-000000000001"

// runChild is the service as it is shipped.
func runChild(how string) {
	switch how {
	case brokering:
		runBroker()
	case bare:
		runBare()
	case foldOnce:
		runFold()
	default:
		Prepare()
		if err := Run(context.Background(), os.Getenv, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// runFold folds all that is pending.
func runFold() {
	ctx := context.Background()
	store, _, err := openStore(ctx, Config{
		ClickHouseURL: os.Getenv("EVENTS_CLICKHOUSE_URL"), PostgresURL: os.Getenv("EVENTS_POSTGRES_URL"), Query: events.DefaultQueryLimits(), Store: os.Getenv("EVENTS_STORE"),
	}, lease.New("events-test"), time.Now)
	for n := 1; err == nil && n > 0; {
		n, err = store.Fold(ctx, 100)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child is a service in a process of its own.
type child struct {
	t        testing.TB
	settings map[string]string
	how      string
	kept     bool // started again when it ends by itself, as a supervisor does
	pid      atomic.Int64
	stop     context.CancelFunc
	ended    chan struct{}
}

// start starts the process and waits until it takes calls. It ends with the test at the latest.
func (c *child) start() {
	c.t.Helper()
	exe, err := os.Executable()
	require.NoError(c.t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(c.t.Context()))
	c.stop, c.ended = stop, make(chan struct{})
	go func() {
		defer close(c.ended)
		for again := true; again && ctx.Err() == nil; again = c.kept {
			cmd := exec.CommandContext(ctx, exe) // which kills it as kill -9 does
			cmd.Env = []string{envChild + "=" + c.how, "LOG_LEVEL=error", "TMPDIR=" + os.TempDir()}
			for name, value := range c.settings {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			cmd.Stderr = c.t.Output()
			if !assert.NoError(c.t, cmd.Start()) {
				return
			}
			c.pid.Store(int64(cmd.Process.Pid))
			_ = cmd.Wait()
			if c.kept {
				_ = pause.For(ctx, 100*time.Millisecond) // one that ends as it begins leaves the machine to the others
			}
		}
	}()
	c.t.Cleanup(c.kill)
	require.Eventually(c.t, func() bool {
		err := serve.Probe(c.t.Context(), c.settings["EVENTS_ADDRESS"])
		return err == nil || listening(c.settings["EVENTS_ADDRESS"])
	}, time.Minute, 10*time.Millisecond)
}

// kill ends it as kill -9 does.
func (c *child) kill() {
	c.stop()
	<-c.ended
}

// listening tells whether somebody takes connections at an address.
func listening(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
