package server

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/serve"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// envChild makes this test binary the events service. Its value says how its store counts: once as always, or blindly.
const (
	envChild  = "DEVTRAIL_TEST_CHILD"
	counting  = "counting"
	blindfold = "blind"
)

// runChild is the service as it is shipped.
func runChild(how string) {
	if how == brokering {
		runBroker()
		return
	}
	err := run(context.Background(), os.Getenv, os.Stderr, func(s insight.Engine) insight.Engine {
		if how == blindfold {
			return blind{s}
		}
		return s
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// blind gives each event a new id, so that nothing in the store can know it again.
type blind struct{ insight.Engine }

// Append changes the ids.
func (s blind) Append(ctx context.Context, organization uuid.UUID, batch []events.Event) ([]events.Outcome, error) {
	renamed := make([]events.Event, len(batch))
	for i, e := range batch {
		e.ID = uuid.New()
		renamed[i] = e
	}
	return s.Engine.Append(ctx, organization, renamed)
}

// child is a service in a process of its own.
type child struct {
	t        testing.TB
	settings map[string]string
	how      string
	cmd      *exec.Cmd
}

// start starts the process and waits until it takes calls.
func (c *child) start() {
	c.t.Helper()
	exe, err := os.Executable()
	require.NoError(c.t, err)
	c.cmd = exec.CommandContext(context.WithoutCancel(c.t.Context()), exe)
	c.cmd.Env = []string{envChild + "=" + c.how, "LOG_LEVEL=error", "TMPDIR=" + os.TempDir()}
	for name, value := range c.settings {
		c.cmd.Env = append(c.cmd.Env, name+"="+value)
	}
	require.NoError(c.t, c.cmd.Start())
	require.Eventually(c.t, func() bool {
		err := serve.Probe(c.t.Context(), c.settings["EVENTS_ADDRESS"])
		return err == nil || listening(c.settings["EVENTS_ADDRESS"])
	}, 30*time.Second, 10*time.Millisecond)
}

// kill ends it as kill -9 does.
func (c *child) kill() {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Kill())
	_ = c.cmd.Wait()
}
