package engines

import (
	"context"
	"errors"
	"time"
)

// errBackendsLeft reports that sessions of a killed server still end.
var errBackendsLeft = errors.New("sessions of the killed server have not ended yet")

// Bounds of retryStart.
const (
	backendsPause = 100 * time.Millisecond
	backendsTries = 100
	portTries     = 5
)

// retryStart repeats a start that failed for a reason that passes: a port that
// we chose ourselves (port 0) was taken between the choice and the server's
// own bind, or sessions outlive their killed server for a moment.
func retryStart(ctx context.Context, port int, start func() (*Server, error)) (*Server, error) {
	ports, backends := 1, 1
	for {
		server, err := start()
		switch {
		case port == 0 && ports < portTries && errors.Is(err, ErrPortTaken):
			ports++
		case backends < backendsTries && errors.Is(err, errBackendsLeft):
			backends++
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(backendsPause):
			}
		default:
			return server, err
		}
	}
}
