package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/stack"
)

// scratch is a folder for the whole run that the unprivileged user of Postgres
// can pass through.
var scratch string

func TestMain(m *testing.M) {
	stack.MaybeRun()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "devtrail-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	if err := os.Chmod(scratch, 0o711); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	stopped := stopShared()
	if code != 0 {
		return code
	}
	if err := errors.Join(stopped, leaktest.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// events keeps what happened to the processes of a suite.
type events struct {
	mu   sync.Mutex
	list []stack.Event
}

func (e *events) add(event stack.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// last returns the newest event of a process with this state.
func (e *events) last(name string, state any) (stack.Event, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found stack.Event
	count := 0
	for _, event := range e.list {
		if event.Name == name && event.State == state {
			found = event
			count++
		}
	}
	return found, count
}

// running is a suite and what happened to it.
type running struct {
	*stack.Suite
	dataDir string
	events  *events
}

// up starts a suite on free ports.
func up(ctx context.Context, dataDir, store string) (*running, error) {
	r := &running{dataDir: dataDir, events: &events{}}
	var err error
	r.Suite, err = stack.Up(ctx, stack.Config{
		DataDir: dataDir, EventsStore: store, Environ: environ(), FreePorts: true, Progress: os.Stderr, Report: r.events.add,
	})
	return r, err
}

// environ is the environment without settings of a suite that somebody may
// have in her shell: the tests run on engines of their own.
func environ() []string {
	env := []string{"EVENTS_HTTP_ORIGINS=" + pageOrigin}
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "XDG_CACHE_HOME", "DEVTRAIL_CACHE_DIR", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// mustUp starts a suite for one test.
func mustUp(tb testing.TB, dataDir, store string) *running {
	tb.Helper()
	r, err := up(context.WithoutCancel(tb.Context()), dataDir, store)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, r.Stop()) })
	return r
}

// shared is the suite that most tests ask, with events in ClickHouse.
var shared struct {
	once  sync.Once
	suite *running
	err   error
}

func sharedSuite(tb testing.TB) *running {
	tb.Helper()
	shared.once.Do(func() {
		shared.suite, shared.err = up(context.Background(), filepath.Join(scratch, "shared"), stack.StoreClickHouse)
	})
	require.NoError(tb, shared.err)
	return shared.suite
}

func stopShared() error {
	if shared.suite == nil || shared.suite.Suite == nil {
		return nil
	}
	return shared.suite.Stop()
}

// build compiles one of the repository's commands, once.
func build(tb testing.TB, pkg string) string {
	tb.Helper()
	binary := filepath.Join(scratch, "bin", filepath.Base(pkg))
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	out, err := exec.CommandContext(tb.Context(), "go", "build", "-o", binary, pkg).CombinedOutput()
	require.NoError(tb, err, string(out))
	return binary
}
