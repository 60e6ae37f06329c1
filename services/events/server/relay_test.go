package server

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// relay stands between the service and its database, which other tests use too: through it the database hangs, as if it were stopped, and
// connections break in the middle of a statement.
type relay struct {
	listener net.Listener
	target   string
	working  sync.WaitGroup

	mu      sync.Mutex
	flowing chan struct{} // closed while bytes pass
	conns   map[net.Conn]struct{}
}

func startRelay(t *testing.T, target string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{conns: map[net.Conn]struct{}{}, flowing: make(chan struct{}), listener: listener, target: target}
	close(r.flowing)
	r.working.Go(r.accept)
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		r.resume()
		r.cut()
		r.working.Wait()
	})
	return r
}

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		r.mu.Lock()
		r.conns[client], r.conns[server] = struct{}{}, struct{}{}
		r.mu.Unlock()
		r.working.Go(func() { r.copy(client, server) })
		r.working.Go(func() { r.copy(server, client) })
	}
}

// copy passes bytes on while they flow, and ends both ends with the one.
func (r *relay) copy(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		flowing := r.flowing
		r.mu.Unlock()
		<-flowing
		if n > 0 {
			if _, broken := to.Write(buffer[:n]); broken != nil {
				err = broken
			}
		}
		if err != nil {
			break
		}
	}
	for _, conn := range []net.Conn{to, from} {
		_ = conn.Close()
		r.mu.Lock()
		delete(r.conns, conn)
		r.mu.Unlock()
	}
}

// stall lets no byte through until resume.
func (r *relay) stall() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.flowing:
		r.flowing = make(chan struct{})
	default:
	}
}

func (r *relay) resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.flowing:
	default:
		close(r.flowing)
	}
}

// cut breaks all connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.conns {
		_ = conn.Close()
	}
}
