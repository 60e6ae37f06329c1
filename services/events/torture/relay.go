package torture

import (
	"bytes"
	"context"
	"net"
	"sync"
)

// relay stands between two processes. Through it the one hangs for the other as if it were stopped, and connections break in the middle of a message.
type relay struct {
	listener net.Listener
	target   string
	working  sync.WaitGroup

	mu       sync.Mutex
	answered chan struct{} // closed while bytes pass from the target
	inserts  bool          // only answers to inserts are held back
	links    map[*link]struct{}
	caught   chan struct{} // closed when an insert waits at the gate
	waiting  int           // inserts before it
	gate     chan struct{} // before which inserts wait until it is closed; nil when there is none
}

// link is a connection and its continuation.
type link struct {
	client, server net.Conn
	inserting      bool // it has sent an insert since the last catch
	sending        bool // and what is inserted
}

// How an insert of a block begins, in ClickHouse and in Postgres.
var (
	insertInto = []byte("INSERT INTO")
	copyInto   = []byte(`copy "`)
)

// startRelay listens at an address of its own and passes everything to the target, which may be away.
func startRelay(ctx context.Context, target string) (*relay, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{answered: make(chan struct{}), links: map[*link]struct{}{}, listener: listener, target: target}
	close(r.answered)
	r.working.Go(r.accept)
	return r, nil
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) close() error {
	err := r.listener.Close()
	r.release()
	r.resume()
	r.cut()
	r.working.Wait()
	return err
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
		l := &link{client: client, server: server}
		r.mu.Lock()
		r.links[l] = struct{}{}
		r.mu.Unlock()
		r.working.Go(func() { r.copy(l, server, client, r.ask) })
		r.working.Go(func() { r.copy(l, client, server, r.answer) })
	}
}

// copy passes bytes on, each time it may, and ends both ends with the one.
func (r *relay) copy(l *link, to, from net.Conn, may func(l *link, sent []byte)) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		may(l, buffer[:n])
		if n > 0 {
			if _, broken := to.Write(buffer[:n]); broken != nil {
				err = broken
			}
		}
		if err != nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = l.client.Close(), l.server.Close()
	delete(r.links, l)
}

// ask looks for inserts in what goes to the target, and stops them at the gate. The first bytes after the statement are what is inserted, since the target
// must answer before.
func (r *relay) ask(l *link, sent []byte) {
	r.mu.Lock()
	gate := r.gate
	if !l.inserting || l.sending || len(sent) == 0 {
		gate = nil
	}
	if gate != nil {
		if r.waiting++; r.waiting == 1 {
			close(r.caught)
		}
	}
	l.sending = l.sending || l.inserting
	l.inserting = l.inserting || bytes.Contains(sent, insertInto) || bytes.Contains(sent, copyInto)
	r.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

// answer waits while answers are held back.
func (r *relay) answer(l *link, _ []byte) {
	r.mu.Lock()
	answered := r.answered
	if r.inserts && !l.sending {
		answered = nil
	}
	r.mu.Unlock()
	if answered != nil {
		<-answered
	}
}

// catch stops inserts that begin from now on before what they insert is sent. The channel is closed when one waits.
func (r *relay) catch() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.links {
		l.inserting, l.sending = false, false
	}
	r.caught, r.gate, r.waiting = make(chan struct{}), make(chan struct{}), 0
	return r.caught
}

// stopped is how many inserts wait.
func (r *relay) stopped() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting
}

// release lets inserts go.
func (r *relay) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gate != nil {
		close(r.gate)
		r.gate = nil
	}
}

// hold lets no answer through until resume, or none to the inserts since the last catch.
func (r *relay) hold(inserts bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inserts = inserts
	select {
	case <-r.answered:
		r.answered = make(chan struct{})
	default:
	}
}

func (r *relay) resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.answered:
	default:
		close(r.answered)
	}
}

// cut breaks all connections.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.links {
		_, _ = l.client.Close(), l.server.Close()
	}
}
