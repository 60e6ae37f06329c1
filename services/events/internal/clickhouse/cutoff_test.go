package clickhouse

import (
	"io"
	"net"
	neturl "net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// through returns the URL of a relay to a database, and a function that breaks the connections through it.
func through(t *testing.T, url string) (relayed string, cut func()) {
	t.Helper()
	address, err := neturl.Parse(url)
	require.NoError(t, err)
	target := address.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var mu sync.Mutex
	var conns []net.Conn
	var working sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_, _ = to.Close(), from.Close()
	}
	working.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			mu.Lock()
			conns = append(conns, client, server)
			mu.Unlock()
			working.Go(func() { pass(client, server) })
			working.Go(func() { pass(server, client) })
		}
	})
	cut = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			_ = c.Close()
		}
	}
	t.Cleanup(func() {
		_ = listener.Close()
		cut()
		working.Wait()
	})
	address.Host = listener.Addr().String()
	return address.String(), cut
}

func TestABlockIsNotSentIntoAConnectionThatHasDied(t *testing.T) {
	t.Parallel()
	url, cut := through(t, dbtest.ClickHouse(t, eventsmigrations.ClickHouse()))
	s := reopen(t, url)
	take(t, s, blockOf(7, false, years(t, 0, 10)))
	take(t, s, blockOf(8, false, years(t, 10, 10))) // both inserters have a connection
	cut()
	take(t, s, blockOf(9, false, years(t, 20, 10)))
	take(t, s, blockOf(10, false, years(t, 30, 10)))
	listed, exposed := count(t, s)
	require.Equal(t, 40, listed)
	require.Equal(t, 40, exposed)
}
