package jetstream

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"devtrail.dev/kit/leaktest"
	"devtrail.dev/services/events/internal/queue"
	"devtrail.dev/services/events/internal/queue/queuetest"
)

// A broker of this process that is stopped while a stream is being made forgets the store of that stream, and with it the goroutines of its own.
func TestMain(m *testing.M) {
	const broker = "github.com/nats-io/nats-server/v2/server"
	leaktest.Main(m, goleak.IgnoreTopFunction(broker+".(*fileStore).flushStreamStateLoop"), goleak.IgnoreTopFunction(broker+"/ats.Register.func1"))
}

// broker is a NATS server in this process, with a folder that outlives it.
type broker struct {
	t       *testing.T
	options server.Options
	*server.Server
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{t: t, options: brokerOptions(t)}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func brokerOptions(t *testing.T) server.Options {
	t.Helper()
	host, port := freeAddress(t) // which it has again when it is started again
	return server.Options{
		Host: host, JetStream: true, NoLog: true, NoSigs: true, Port: port, StoreDir: filepath.Join(t.TempDir(), "nats"), SyncAlways: true,
	}
}

// start starts it at the same address as before.
func (b *broker) start() {
	b.t.Helper()
	options := b.options
	s, err := server.NewServer(&options)
	require.NoError(b.t, err)
	s.Start()
	require.True(b.t, s.ReadyForConnections(soon))
	b.Server = s
}

func (b *broker) stop() {
	b.Shutdown()
	b.WaitForShutdown()
}

func logOptions(t *testing.T, b *broker) Options {
	t.Helper()
	return Options{
		Bytes: 64 << 20, Instance: "one", Lease: 5 * time.Second, Logger: slog.New(slog.DiscardHandler), Stream: "EVENTS", URL: b.ClientURL(),
		Fatal: func(sentence string) { t.Errorf("fatal: %s", sentence) },
	}
}

// kill ends a log as kill -9 of its process does.
func (l *Log) kill() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.nc.Close()
	l.stop()
	l.working.Wait()
}

func TestAnAddressThatCannotBeReadTellsNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"nats://events:hunter%zz@a:4222",
		"nats://events:hunter/2@a:4222",
		"nats://hunter^2@a:4222",
		"nats://a:4222,nats://events:hunter 2@b:4222",
		"nats://[hunter@a:4222",
	} {
		_, err := Open(t.Context(), Options{Logger: slog.New(slog.DiscardHandler), URL: url})
		require.EqualError(t, err, "connect to the broker of the log of accepted events: an address of a broker is not a URL", url)
	}
}

func TestConformance(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Medium {
		t.Helper()
		b := startBroker(t)
		return queuetest.Medium{
			Open: func(t *testing.T, bytes int64) queue.Queue {
				t.Helper()
				o := logOptions(t, b)
				o.Bytes = bytes
				l, err := Open(t.Context(), o)
				require.NoError(t, err)
				return l
			},
			Kill:  func(t *testing.T, q queue.Queue) { t.Helper(); q.(*Log).kill() },
			Break: func(t *testing.T) { t.Helper(); b.stop() },
		}
	})
}
