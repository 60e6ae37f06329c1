package pg

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// brokenPipe tells whether the connection ended under a statement, as it does when the server is killed.
func brokenPipe(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
