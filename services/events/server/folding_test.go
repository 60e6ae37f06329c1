package server

import (
	"context"
	"io"
	"maps"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/postgres"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestAnInstanceFoldsOnceItTakesEventsIn has something pending in the database of an instance. One that cannot reach the broker does not know who takes events in:
// another may be inserting what a fold does not see. On a machine of its own an instance folds whatever becomes of its log.
func TestAnInstanceFoldsOnceItTakesEventsIn(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		waits    bool // for a broker
	}{
		"no log":     {},
		"a full log": {settings: map[string]string{"EVENTS_QUEUE_BYTES": "1", "EVENTS_QUEUE_DIR": t.TempDir()}},
		"a broker":   {settings: map[string]string{"EVENTS_NATS_REPLICAS": "1", "EVENTS_QUEUE": queueJetStream}, waits: true},
	} {
		t.Run(name, func(t *testing.T) {
			url := dbtest.Postgres(t, eventsmigrations.Postgres())
			store, err := postgres.Open(t.Context(), url, "events-test", 1, time.Now)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			change := events.Reassignment{DeveloperID: uuid.New(), Identity: events.Identity{Kind: 1, Value: "ada@example.org"}, Sequence: 1}
			require.NoError(t, store.Reassign(t.Context(), uuid.New(), []events.Reassignment{change}))
			folded := func() bool {
				n, err := store.Pending(context.WithoutCancel(t.Context()))
				return assert.NoError(t, err) && n == 0
			}
			settings := map[string]string{
				"DEVTRAIL_OPERATOR_KEY": auth.NewToken(auth.PrefixOperator), "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService), "EVENTS_ADDRESS": servetest.FreeAddress(t),
				"EVENTS_DEBUG_ADDRESS": "127.0.0.1:0", "EVENTS_FOLD_INTERVAL": "10ms", "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": servetest.FreeAddress(t),
				"EVENTS_POSTGRES_URL": url, "EVENTS_STORE": storePostgres,
			}
			maps.Copy(settings, c.settings)
			broker := servetest.FreeAddress(t)
			if c.waits {
				settings["EVENTS_NATS_URL"] = "nats://" + broker
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
			defer func() {
				stop()
				require.NoError(t, <-done)
			}()
			require.Eventually(t, func() bool { return serve.Probe(ctx, settings["EVENTS_ADDRESS"]) == nil }, 20*time.Second, 20*time.Millisecond)
			if c.waits {
				require.Never(t, folded, time.Second, 20*time.Millisecond)
				serveBroker(t, brokerOptions(t, broker))
			}
			require.Eventually(t, folded, 30*time.Second, 20*time.Millisecond)
		})
	}
}

// brokerOptions are of a broker at an address, with a folder that outlives it.
func brokerOptions(t *testing.T, address string) server.Options {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	return server.Options{Host: host, JetStream: true, NoLog: true, NoSigs: true, Port: number, StoreDir: t.TempDir(), SyncAlways: true}
}

// serveBroker runs a broker in this process until the end of the test.
func serveBroker(t *testing.T, options server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(&options)
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(30*time.Second))
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
}
