package server

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestAStopEndsWithoutTheBroker stops the service while an event is on its way to a broker that is silent or gone. The stop ends though nobody answers, and what
// was acknowledged is there once the broker is. How soon the log is closed is tested where it is.
func TestAStopEndsWithoutTheBroker(t *testing.T) {
	const grace = 3 * time.Second
	for name, silence := range map[string]func(*server.Server){
		"silent": func(*server.Server) {},
		"gone":   func(s *server.Server) { s.Shutdown(); s.WaitForShutdown() },
	} {
		t.Run(name, func(t *testing.T) {
			options := brokerOptions(t, servetest.FreeAddress(t))
			broker := serveBroker(t, options)
			key, url := auth.NewToken(auth.PrefixOperator), dbtest.Postgres(t, eventsmigrations.Postgres())
			settings := map[string]string{
				"DEVTRAIL_OPERATOR_KEY": key, "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService), "EVENTS_ADDRESS": servetest.FreeAddress(t),
				"EVENTS_DEBUG_ADDRESS": "127.0.0.1:0", "EVENTS_GRACE_PERIOD": grace.String(), "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": servetest.FreeAddress(t),
				"EVENTS_NATS_REPLICAS": "1", "EVENTS_NATS_URL": broker.ClientURL(), "EVENTS_POSTGRES_URL": url, "EVENTS_QUEUE": queueJetStream, "EVENTS_STORE": storePostgres,
			}
			run := func() (stop context.CancelFunc, done chan error) {
				ctx, stop := context.WithCancel(t.Context())
				done = make(chan error, 1)
				go func() { done <- Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
				require.Eventually(t, func() bool { return serve.Probe(ctx, settings["EVENTS_ADDRESS"]) == nil }, 20*time.Second, 20*time.Millisecond)
				return stop, done
			}
			conn, err := dial.New(settings["EVENTS_ADDRESS"], dial.Options{Token: key})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, conn.Close()) })
			clients := &crowd{client: eventsv1.NewIngestServiceClient(conn)}
			ctx := dial.WithOrganization(t.Context(), organization)

			stop, done := run()
			require.Eventually(t, func() bool { return clients.send(ctx, 0, eventsv1.AckLevel_ACK_LEVEL_DURABLE) }, 20*time.Second, 10*time.Millisecond)
			require.NoError(t, broker.DisableJetStream())
			answer := make(chan bool, 1)
			go func() { answer <- clients.send(ctx, batchSize, eventsv1.AckLevel_ACK_LEVEL_DURABLE) }()
			select {
			case <-answer:
				t.Fatal("nobody can have kept it")
			case <-time.After(200 * time.Millisecond): // it is on its way
			}
			silence(broker)
			began := time.Now()
			stop()
			select {
			case err := <-done:
				require.NoError(t, err)
			case <-time.After(time.Minute):
				t.Fatal("the stop does not end")
			}
			t.Logf("stopped after %s", time.Since(began).Round(time.Millisecond))
			require.False(t, <-answer)

			broker.Shutdown()
			broker.WaitForShutdown()
			serveBroker(t, options)
			stop, done = run()
			require.Eventually(t, func() bool { return clients.send(ctx, 2*batchSize, eventsv1.AckLevel_ACK_LEVEL_STORED) }, 60*time.Second, 10*time.Millisecond)
			kept := stored(t, storePostgres, url)
			for n := range clients.acked() {
				require.Equal(t, 1, kept[n], "event %d", n)
			}
			stop()
			require.NoError(t, <-done)
		})
	}
}
