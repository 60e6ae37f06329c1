package engines

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// relay takes the clients of the native protocol in front of the embedded
// server. Such a server aborts when a client resets its connection, as the
// kernel does for every client that dies, or gives up, with an answer unread;
// a stand-alone server logs it and goes on. Behind the relay it sees an orderly
// end of the client instead and cancels what it does for it.
type relay struct {
	listener listener
	server   int // the port that the embedded server listens on
}

// listener is what a relay asks of a *net.TCPListener.
type listener interface {
	net.Listener
	AcceptTCP() (*net.TCPConn, error)
}

// listenRelay takes the port that clients dial.
func listenRelay(port, server int) (*relay, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(loopback), Port: port})
	if err != nil {
		return nil, err
	}
	return &relay{listener: l, server: server}, nil
}

// How long serve waits after a client that it could not take, at first and at
// most.
const (
	acceptPause = 5 * time.Millisecond
	acceptMost  = time.Second
)

// serve carries connections until the listener is closed. Any other failure
// passes, such as that no more files may be open: without the relay the server
// would be out of reach until somebody starts it again.
func (r *relay) serve() {
	pause := acceptPause
	for {
		client, err := r.listener.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "devtrail engine process: take a client: %v; again in %s\n", err, pause)
			<-time.After(pause)
			pause = min(2*pause, acceptMost)
			continue
		}
		pause = acceptPause
		go r.carry(client)
	}
}

// carry returns when both sides are done. While the server does not listen
// yet a client is turned away.
func (r *relay) carry(client *net.TCPConn) {
	defer client.Close()
	server, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.ParseIP(loopback), Port: r.server})
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		// However the client ends, the server reads to the end of its stream.
		_, _ = io.Copy(server, client)
		_ = server.CloseWrite()
	}()
	if _, err := io.Copy(client, server); err != nil {
		// Closed with bytes unread, our side would reset the connection too.
		_, _ = io.Copy(io.Discard, server)
	}
}
