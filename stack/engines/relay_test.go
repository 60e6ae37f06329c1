package engines

import (
	"io"
	"net"
	"path/filepath"
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
	conn, err := probeDial(t.Context(), port)
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
	case <-time.After(10 * time.Second):
		require.Fail(t, "the server lives: is the relay needed?")
	}
}

func TestRelayEndsClientWhenServerIsNotThere(t *testing.T) {
	gone, err := freePort(0)
	require.NoError(t, err)
	r, err := listenRelay(0, gone)
	require.NoError(t, err)
	done := make(chan error)
	go func() { done <- r.serve() }()
	conn, err := probeDial(t.Context(), r.listener.Addr().(*net.TCPAddr).Port)
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, conn.Close())
	require.NoError(t, r.listener.Close())
	require.NoError(t, <-done)
}
