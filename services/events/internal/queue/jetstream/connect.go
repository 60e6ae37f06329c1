package jetstream

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"

	"devtrail.dev/services/events/internal/queue"
)

var errURL = errors.New("an address of a broker is not a URL")

// connect begins to connect, and goes on for ever: a broker that refuses the credentials today may be started with others, or not have read its accounts yet.
func (o Options) connect(ctx context.Context) (*nats.Conn, error) {
	said := "" // callbacks come one after the other
	settings := []nats.Option{
		nats.Name("devtrail events " + o.Instance), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond), nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(2),
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectBufSize(-1), // what is sent to nobody must fail, not be kept
		nats.NoCallbacksAfterClientClose(),
		nats.ReconnectHandler(func(*nats.Conn) { said = "" }),
		nats.ErrorHandler(func(nc *nats.Conn, _ *nats.Subscription, err error) {
			if reason := err.Error(); reason != said || nc.IsConnected() { // each try to connect may be refused
				said = reason
				o.Logger.WarnContext(ctx, "the broker of the log of accepted events complains", "error", err)
			}
		}),
	}
	if o.Credentials != "" {
		settings = append(settings, nats.UserCredentialBytes([]byte(o.Credentials)))
	}
	nc, err := nats.Connect(o.URL, settings...)
	if err != nil {
		return nil, fmt.Errorf("connect to the broker of the log of accepted events: %w", withoutURL(err))
	}
	return nc, nil
}

// withoutURL leaves out what could not be read as a URL, and why: both quote parts of it, which may be parts of a password or of a token.
func withoutURL(err error) error {
	if _, quotes := errors.AsType[*url.Error](err); quotes {
		return errURL
	}
	return err
}

// why is what keeps the connection away, in place of the error of what was sent without one.
func (l *Log) why(err error) error {
	if !errors.Is(err, nats.ErrReconnectBufExceeded) {
		return err
	}
	return queue.ErrUnavailable.Wrap(l.nc.LastError())
}
