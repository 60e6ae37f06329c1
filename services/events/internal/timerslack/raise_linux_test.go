package timerslack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"devtrail.dev/services/events/internal/timerslack"
)

// envChild makes this test binary a program that raises its slack, in a file that may be gone.
const (
	envChild = "TIMERSLACK_TEST_CHILD"
	gone     = "gone"
)

const slack = 1234567 * time.Nanosecond

// life is what a program says of itself.
type life struct {
	Args    []string
	Environ []string
	PID     int
	Slacks  []int // nanoseconds, of main's thread and of one made later
	Stdin   string
}

func TestMain(m *testing.M) {
	if how := os.Getenv(envChild); how != "" {
		if self, err := os.Executable(); err == nil && how == gone {
			_ = os.Remove(self)
		}
		timerslack.Raise(slack)
		if err := tell(); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// tell writes what became of the program.
func tell() error {
	l := life{Args: os.Args[1:], Environ: os.Environ(), PID: os.Getpid()}
	stdin, err := io.ReadAll(os.Stdin)
	l.Stdin = string(stdin)
	runtime.LockOSThread()
	l.Slacks = []int{own(), <-elsewhere()}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(l)
}

// elsewhere tells the slack of another thread than the caller's, who has locked his own.
func elsewhere() <-chan int {
	told := make(chan int, 1)
	go func() {
		runtime.LockOSThread()
		told <- own()
	}()
	return told
}

// own is the slack of the calling thread.
func own() int {
	n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		panic(err)
	}
	return n
}

// live runs a copy of this test binary as a child and returns its pid and what it told.
func live(t *testing.T, how string, env ...string) (pid int, l life) {
	t.Helper()
	self, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(program, self, 0o700))
	cmd := exec.CommandContext(t.Context(), program, "one", "two words")
	cmd.Env = append([]string{envChild + "=" + how}, env...)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = fmt.Fprint(stdin, "what was open")
	require.NoError(t, err)
	require.NoError(t, stdin.Close())
	require.NoError(t, json.NewDecoder(out).Decode(&l))
	require.NoError(t, cmd.Wait())
	return cmd.Process.Pid, l
}

// TestAllThreadsHaveTheSlack lives as the process that was started, and sees no difference but the slack.
func TestAllThreadsHaveTheSlack(t *testing.T) {
	t.Parallel()
	pid, l := live(t, "child", "KEPT=kept")
	require.Equal(t, life{
		Args: []string{"one", "two words"}, Environ: []string{envChild + "=child", "KEPT=kept"}, PID: pid, Slacks: []int{int(slack), int(slack)}, Stdin: "what was open",
	}, l)
}

// TestAProgramThatCannotStartAgainGoesOn has its file taken away.
func TestAProgramThatCannotStartAgainGoesOn(t *testing.T) {
	t.Parallel()
	pid, l := live(t, gone)
	require.Equal(t, pid, l.PID)
	require.Equal(t, []string{"one", "two words"}, l.Args)
	require.Equal(t, []int{own(), own()}, l.Slacks, "as ours")
}
