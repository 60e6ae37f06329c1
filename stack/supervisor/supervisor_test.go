package supervisor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bench is a folder for small processes and the record of what happened.
type bench struct {
	dir    string
	mu     sync.Mutex
	events []Event
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	return &bench{dir: tb.TempDir()}
}

func (b *bench) report(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, e)
}

// order lists the names of the events with this state, as they came.
func (b *bench) order(state State) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, e := range b.events {
		if e.State == state {
			list = append(list, e.Name)
		}
	}
	return list
}

func (b *bench) process(name, role string, deps ...string) Process {
	mark := filepath.Join(b.dir, name)
	return Process{
		Name: name,
		Deps: deps,
		Start: func(context.Context) (Running, error) {
			os.Remove(mark)
			exe, err := os.Executable()
			if err != nil {
				return nil, err
			}
			return StartChild(Command{
				Path: exe, Args: []string{name}, LogFile: filepath.Join(b.dir, name+".log"),
				Env: append(os.Environ(), envRole+"="+role, "SUPERVISOR_TEST_MARK="+mark),
			})
		},
		Ready: func(context.Context) error { _, err := os.Stat(mark); return err },
	}
}

// run starts the table; the returned function stops it and gives Run's answer.
func (b *bench) run(tb testing.TB, table ...Process) (*Supervisor, func() error) {
	tb.Helper()
	s, err := New(table, Config{Backoff: 10 * time.Millisecond, Poll: 5 * time.Millisecond}, b.report)
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var once sync.Once
	var result error
	stop := func() error {
		once.Do(func() { cancel(); result = <-ended })
		return result
	}
	tb.Cleanup(func() { _ = stop() })
	return s, stop
}

func TestProcessesStartInOrderAndStopInReverse(t *testing.T) {
	b := newBench(t)
	s, stop := b.run(t, b.process("c", "steady", "b"), b.process("a", "steady"), b.process("b", "steady", "a"))
	<-s.Ready()
	require.Equal(t, []string{"a", "b", "c"}, b.order(Ready))
	require.NoError(t, stop())
	require.Equal(t, []string{"c", "b", "a"}, b.order(Stopped))
	require.Zero(t, s.Pid("a"))
}

func TestAKilledProcessIsStartedAgainAndDependantsStay(t *testing.T) {
	b := newBench(t)
	s, stop := b.run(t, b.process("a", "steady"), b.process("b", "steady", "a"))
	<-s.Ready()
	pid, dependant := s.Pid("a"), s.Pid("b")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return len(b.order(Ready)) == 3 }, 30*time.Second, 5*time.Millisecond)
	require.NotEqual(t, pid, s.Pid("a"))
	require.Equal(t, dependant, s.Pid("b"))
	require.Equal(t, []string{"a"}, b.order(Ended))
	require.NoError(t, stop())
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if e.State == Ended {
			require.EqualError(t, e.Err, "killed")
		}
	}
}

func TestAProcessThatNeverStoodEndsTheSuite(t *testing.T) {
	b := newBench(t)
	s, err := New([]Process{b.process("a", "steady"), b.process("b", "broken", "a"), b.process("c", "steady", "b")},
		Config{Poll: 5 * time.Millisecond}, b.report)
	require.NoError(t, err)
	require.EqualError(t, s.Run(t.Context()), "b: exit status 3: no such table")
	require.Equal(t, []string{"a"}, b.order(Stopped))
	require.NotContains(t, b.order(Starting), "c")
	log, err := os.ReadFile(filepath.Join(b.dir, "b.log"))
	require.NoError(t, err)
	require.Equal(t, "no such table\n", string(log))
}

func TestAFailedRestartIsTriedAgain(t *testing.T) {
	b := newBench(t)
	p := b.process("a", "steady")
	start, tries := p.Start, 0
	p.Start = func(ctx context.Context) (Running, error) {
		if tries++; tries == 2 {
			return nil, errors.New("port taken")
		}
		return start(ctx)
	}
	s, stop := b.run(t, p)
	<-s.Ready()
	require.NoError(t, syscall.Kill(s.Pid("a"), syscall.SIGKILL))
	require.Eventually(t, func() bool { return len(b.order(Ready)) == 2 }, 30*time.Second, 5*time.Millisecond)
	require.Equal(t, []string{"a", "a"}, b.order(Ended))
	require.NoError(t, stop())
}

func TestABadTableIsRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		table []Process
		want  string
	}{
		{"circle", []Process{{Name: "a", Deps: []string{"b"}}, {Name: "b", Deps: []string{"a"}}}, "these processes wait for each other: a, b"},
		{"stranger", []Process{{Name: "a", Deps: []string{"x"}}}, `process "a" depends on "x", which is not in the table`},
		{"twins", []Process{{Name: "a"}, {Name: "a"}}, `process "a" is in the table twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.table, Config{}, nil)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestChildrenEndWithAKilledSupervisor(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "child")
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), envRole+"=parent", "SUPERVISOR_TEST_MARK="+mark, "SUPERVISOR_TEST_LOG="+filepath.Join(dir, "child.log"))
	require.NoError(t, cmd.Start())
	var child int
	require.Eventually(t, func() bool {
		data, err := os.ReadFile(mark)
		if err == nil {
			child, err = strconv.Atoi(string(data))
		}
		return err == nil
	}, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Eventually(t, func() bool {
		_, err := os.Stat(mark) // removed by its SIGTERM handler: an orderly end
		return os.IsNotExist(err)
	}, 30*time.Second, 5*time.Millisecond, "process %d lives on", child)
}
