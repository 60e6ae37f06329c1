package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/serve"
	"devtrail.dev/stack"
)

// serving returns nil when every service of the suite says SERVING.
func (r *running) serving(tb testing.TB) error {
	for name, address := range r.State.Endpoints {
		if err := serve.Probe(tb.Context(), address); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// kill ends a process of the suite as kill -9 does, and returns its number. One that is gone already is fine.
func (r *running) kill(tb testing.TB, name string) int {
	tb.Helper()
	pid := r.Pid(name)
	require.Positive(tb, pid, name) // 0 would be the group of the test itself
	if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
		require.NoError(tb, err)
	}
	return pid
}

func TestTheSuiteStands(t *testing.T) {
	r := sharedSuite(t)
	require.EventuallyWithT(t, func(c *assert.CollectT) { assert.NoError(c, r.serving(t)) }, comeBack, 100*time.Millisecond)
	require.Equal(t, []string{"postgres", "clickhouse", "migrations", "identity", "packages", "events"}, r.Processes())
	state, err := stack.ReadState(r.dataDir)
	require.NoError(t, err)
	require.Equal(t, r.State, state)
	for _, name := range r.Processes() {
		require.NotZero(t, r.Pid(name), name)
		event, _ := r.events.last(name, stack.Ready)
		t.Logf("%-11s ready after %s", name, event.Took.Round(time.Millisecond))
	}
}

func TestASecondUpSaysWhereTheFirstRuns(t *testing.T) {
	r := sharedSuite(t)
	_, err := up(t.Context(), r.dataDir, stack.StoreClickHouse)
	var runningErr *stack.RunningError
	require.ErrorAs(t, err, &runningErr)
	require.Equal(t, r.State, *runningErr.State)
	_, err = stack.Reset(t.Context(), stack.Config{DataDir: r.dataDir, Environ: environ()})
	require.ErrorAs(t, err, &runningErr, "reset leaves a running suite alone")
}

// comeBack is much longer than the five seconds that `devtrail up` takes on a quiet
// machine, since tests share theirs.
const comeBack = 2 * time.Minute

func TestAKilledProcessComesBack(t *testing.T) {
	r := sharedSuite(t)
	c := dial(t, r.State.Endpoints["events"])
	ctx := as(t.Context(), r.State.Keys["admin"], "")
	for _, name := range r.Processes() {
		t.Run(name, func(t *testing.T) {
			_, before := r.events.last(name, stack.Ended)
			_, ready := r.events.last(name, stack.Ready)
			begin := time.Now()
			pid := r.kill(t, name)
			require.Eventually(t, func() bool {
				_, again := r.events.last(name, stack.Ready)
				if again == ready || r.serving(t) != nil {
					return false
				}
				_, err := c.call(ctx, t, "devtrail.events.v1.EventService/GetExposure", `{"purl": "pkg:npm/left-pad"}`)
				return err == nil
			}, comeBack, 20*time.Millisecond)
			event, _ := r.events.last(name, stack.Ready)
			t.Logf("serving again after %s, itself ready after %s", time.Since(begin).Round(time.Millisecond), event.Took.Round(time.Millisecond))
			require.NotEqual(t, pid, r.Pid(name))
			ended, after := r.events.last(name, stack.Ended)
			require.Greater(t, after, before)
			require.ErrorContains(t, ended.Err, "killed")
		})
	}
}

func TestATakenPortIsOneSentence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	_, err = stack.Up(t.Context(), stack.Config{
		DataDir: filepath.Join(scratch, "taken"), FreePorts: true, Environ: append(environ(), "PACKAGES_ADDRESS="+l.Addr().String()),
	})
	require.EqualError(t, err, "port "+port+" is taken by another program: stop it, or set PACKAGES_ADDRESS to another address")
}

func TestARunLeavesNothingAndResetDropsTheData(t *testing.T) {
	dir := filepath.Join(scratch, "reset")
	r := mustUp(t, dir, stack.StorePostgres)
	require.Equal(t, []string{"postgres", "migrations", "identity", "packages", "events"}, r.Processes())
	pids := map[string]int{}
	for _, name := range r.Processes() {
		pids[name] = r.Pid(name)
	}
	require.NoError(t, r.Stop())
	for name, pid := range pids {
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, name)
	}
	_, err := stack.ReadState(dir)
	require.ErrorIs(t, err, stack.ErrNotRunning)

	removed, err := stack.Reset(t.Context(), stack.Config{DataDir: dir, Environ: environ()})
	require.NoError(t, err)
	require.Equal(t, []string{"folder " + filepath.Join(dir, "postgres"), "folder " + filepath.Join(dir, "events-queue")}, removed, "there was no ClickHouse")
	_, err = os.Stat(filepath.Join(dir, "postgres"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
