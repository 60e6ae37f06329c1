package engines

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// envHelper makes the test binary a program that uses this package, to be
// looked at, and killed, from outside.
const envHelper = "DEVTRAIL_TEST_HELPER"

func TestMain(m *testing.M) {
	RunIfEngineProcess()
	if task := os.Getenv(envHelper); task != "" {
		if err := helper(task); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(patient{m})
}

// patient gives goroutines longer to end after the tests than the half a second of goleak, which is too short on a busy machine.
type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for deadline := time.Now().Add(20 * time.Second); code == 0 && goleak.Find() != nil && time.Now().Before(deadline); {
	}
	return code
}

// helper does its task, prints the server's URL and stays until its standard
// input ends.
func helper(task string) error {
	what, arg, _ := strings.Cut(task, " ")
	switch what {
	case "share":
		lease, err := Shared(context.Background(), Kind(arg))
		if err != nil {
			return err
		}
		defer lease.Release()
		fmt.Println(lease.URL())
	case "postgres", "clickhouse":
		s, err := startKind(context.Background(), Kind(what), arg, 0)
		if err != nil {
			return err
		}
		fmt.Println(s.URL())
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// startKind starts either engine on a folder.
func startKind(ctx context.Context, kind Kind, dir string, port int) (*Server, error) {
	if kind == Postgres {
		return StartPostgres(ctx, PostgresConfig{DataDir: dir, Port: port, Trust: true, Durable: true})
	}
	return StartClickHouse(ctx, ClickHouseConfig{DataDir: dir, TCPPort: port})
}

// program is a running helper.
type program struct {
	cmd *exec.Cmd
	in  io.Closer
	url string
}

// startProgram runs a helper with the task and waits for its URL.
func startProgram(t *testing.T, task string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envHelper+"="+task)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &program{cmd: cmd, in: in}
	t.Cleanup(func() { p.kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	p.url = strings.TrimSpace(line)
	require.Contains(t, p.url, "://")
	return p
}

// kill ends the helper as kill -9 does.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// end lets the helper finish by itself.
func (p *program) end(t *testing.T) {
	t.Helper()
	require.NoError(t, p.in.Close())
	require.NoError(t, p.cmd.Wait())
}

// tempDir is a folder that user nobody can reach too, unlike t.TempDir.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devtrail-engines-test-") //nolint:usetesting // the folder of t.TempDir is closed to others
	require.NoError(t, err)
	dir, err = filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, removeAllRetry(context.Background(), dir)) })
	return dir
}

// stop ends a server and wants that to be orderly.
func stop(t *testing.T, s *Server) {
	t.Helper()
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, s.Err())
	require.False(t, alive(s.Pid()))
}

// eventually polls a condition of the outside world.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, time.Minute, 20*time.Millisecond, what)
}
