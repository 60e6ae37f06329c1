package engines

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hello opens a session of the native protocol for the user default, at a
// revision that asks for nothing more.
const hello = "\x00" + "\x04test" + "\x01\x01" + "\x80\xa9\x03" + "\x07default" + "\x07default" + "\x00"

// reset greets the server on a port and is gone without a farewell, as a
// client that was killed.
func reset(t *testing.T, port int) {
	t.Helper()
	conn, err := dial(t.Context(), port)
	require.NoError(t, err)
	_, err = io.WriteString(conn, hello)
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
	require.NoError(t, conn.Close())
}

func TestClickHouseOutlivesClientsThatReset(t *testing.T) {
	s, err := StartClickHouse(t.Context(), ClickHouseConfig{DataDir: filepath.Join(tempDir(t), "data")})
	require.NoError(t, err)
	for range 20 {
		reset(t, s.Port())
	}
	require.Equal(t, "1", query(t, s, "SELECT 1"))
	stop(t, s)
}

// TestClickHouseWithoutTheRelay is the control: it also says when a newer
// library needs no relay any more.
func TestClickHouseWithoutTheRelay(t *testing.T) {
	s, err := StartClickHouse(t.Context(), ClickHouseConfig{DataDir: filepath.Join(tempDir(t), "data")})
	require.NoError(t, err)
	reset(t, s.behind)
	select {
	case <-s.Done():
		require.ErrorContains(t, s.Err(), "aborted")
	case <-time.After(patience):
		require.Fail(t, "the server lives: is the relay needed?")
	}
}

func TestRelayEndsClientWhenServerIsNotThere(t *testing.T) {
	gone, err := freePort(0)
	require.NoError(t, err)
	r, err := listenRelay(0, gone)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { r.serve(); close(done) }()
	conn, err := dial(t.Context(), r.listener.Addr().(*net.TCPAddr).Port)
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, conn.Close())
	require.NoError(t, r.listener.Close())
	<-done
}

// crowded is a listener of a process that had all files open that it may, for two clients.
type crowded struct {
	listener
	failures int
}

// AcceptTCP implements listener.
func (c *crowded) AcceptTCP() (*net.TCPConn, error) {
	if c.failures > 0 {
		c.failures--
		return nil, &net.OpError{Op: "accept", Net: "tcp4", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return c.listener.AcceptTCP()
}

func TestRelayOutlivesClientsThatItCannotTake(t *testing.T) {
	server, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(loopback)})
	require.NoError(t, err)
	defer server.Close()
	r, err := listenRelay(0, server.Addr().(*net.TCPAddr).Port)
	require.NoError(t, err)
	r.listener = &crowded{listener: r.listener, failures: 2}
	done := make(chan struct{})
	go func() { r.serve(); close(done) }()
	client, err := net.Dial("tcp4", r.listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, server.SetDeadline(time.Now().Add(patience)))
	carried, err := server.Accept()
	require.NoError(t, err)
	require.NoError(t, carried.Close())
	require.NoError(t, client.Close())
	require.NoError(t, r.listener.Close())
	<-done
}
