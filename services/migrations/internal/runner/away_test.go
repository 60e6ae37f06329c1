package runner

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/serve/servetest"
	"devtrail.dev/services/migrations"
)

func TestAServerThatIsAwayIsWaitedForAndNamed(t *testing.T) {
	s := newSite(t)
	u, err := url.Parse(s.postgresURL)
	require.NoError(t, err)
	proxy := newProxy(t, u.Host)
	u.Host = proxy.address
	far := *s
	far.postgresURL = u.String()
	r, _ := far.start(t, Config{}, s.target("pg", migrations.Postgres, pgFiles))
	status := awaitState(t, r, migrations.Ledger, migrations.Failed)
	require.Contains(t, status.Message, "the database server is away")
	require.NotContains(t, status.Message, "password")
	require.ErrorContains(t, migrations.Health(r.Status()), "migrations is failed: ")
	proxy.open(t)
	awaitState(t, r, "pg", migrations.Ready)
	proxy.shut()
	require.Contains(t, awaitState(t, r, "pg", migrations.Failed).Message, "the database server is away")
	proxy.open(t)
	awaitState(t, r, "pg", migrations.Ready)
}

// proxy stands before a server and lets nobody through while it is shut.
type proxy struct {
	address string
	to      string
	mu      sync.Mutex
	lis     net.Listener
	conns   []net.Conn
	wg      sync.WaitGroup
}

func newProxy(t *testing.T, to string) *proxy {
	p := &proxy{address: servetest.FreeAddress(t), to: to}
	t.Cleanup(p.shut)
	return p
}

func (p *proxy) open(t *testing.T) {
	lis, err := net.Listen("tcp", p.address)
	require.NoError(t, err)
	p.lis = lis
	p.wg.Go(func() {
		for {
			near, err := lis.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.to)
			if err != nil {
				_ = near.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, near, far)
			p.mu.Unlock()
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				p.wg.Go(func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = pair[0].Close()
				})
			}
		}
	})
}

func (p *proxy) shut() {
	if p.lis != nil {
		_ = p.lis.Close()
	}
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}
