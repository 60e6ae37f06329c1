package chrunner

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/stack/engines"
)

// server is a ClickHouse of the test's own, which can be killed and started again on its folder and ports.
type server struct {
	t   *testing.T
	cfg engines.ClickHouseConfig
	*engines.Server
}

func newServer(t *testing.T, cfg engines.ClickHouseConfig) *server {
	t.Helper()
	if cfg.DataDir == "" {
		// The folder is left to the server, which may write while the test's own temporary folder is taken away.
		dir, err := os.MkdirTemp("", "devtrail-chrunner-") //nolint:usetesting // see above
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		cfg.DataDir = filepath.Join(dir, "data")
	}
	cfg.MemoryRatio = 0.1
	s := &server{t: t, cfg: cfg}
	s.start()
	t.Cleanup(func() {
		if t.Failed() {
			s.tell()
		}
		s.stop()
	})
	return s
}

func (s *server) start() {
	s.t.Helper()
	started, err := engines.StartClickHouse(s.t.Context(), s.cfg)
	require.NoError(s.t, err)
	s.Server = started
	s.cfg.TCPPort, s.cfg.HTTPPort = started.Port(), started.HTTPPort()
}

func (s *server) stop() { _ = s.Stop(s.t.Context()) }

// kill ends the process as a power cut would.
func (s *server) kill() {
	s.t.Helper()
	require.NoError(s.t, syscall.Kill(s.Pid(), syscall.SIGKILL))
	<-s.Done()
}

// tell shows how the server fares, for a test that failed.
func (s *server) tell() {
	select {
	case <-s.Done():
		s.t.Logf("the server of port %d has ended: %v", s.cfg.TCPPort, s.Err())
	default:
		s.t.Logf("the server of port %d runs", s.cfg.TCPPort)
	}
	if log, err := os.ReadFile(s.cfg.DataDir + ".log"); err == nil {
		s.t.Logf("the end of its log:\n%s", log[max(0, len(log)-3000):])
	}
}
