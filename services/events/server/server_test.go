package server

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestMain is the service itself in the children of the benchmark.
func TestMain(m *testing.M) {
	if how := os.Getenv(envChild); how != "" {
		runChild(how)
		return
	}
	dbtest.Main(m)
}

func TestRunServesOnEitherStoreAndStops(t *testing.T) {
	for _, settings := range []map[string]string{
		{"EVENTS_STORE": "clickhouse", "EVENTS_CLICKHOUSE_URL": dbtest.ClickHouse(t, eventsmigrations.ClickHouse())},
		{"EVENTS_STORE": "postgres", "EVENTS_POSTGRES_URL": dbtest.Postgres(t, eventsmigrations.Postgres())},
	} {
		t.Run(settings["EVENTS_STORE"], func(t *testing.T) {
			settings["EVENTS_ADDRESS"], settings["EVENTS_DEBUG_ADDRESS"] = servetest.FreeAddress(t), "127.0.0.1:0"
			settings["EVENTS_HTTP_ADDRESS"] = servetest.FreeAddress(t)
			settings["EVENTS_QUEUE_DIR"] = filepath.Join(t.TempDir(), "queue")
			settings["EVENTS_IDENTITY_ADDRESS"] = servetest.FreeAddress(t) // away: the service runs all the same
			settings["DEVTRAIL_SERVICE_KEY"] = auth.NewToken(auth.PrefixService)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
			require.Eventually(t, func() bool { // the two doors open beside each other
				return serve.Probe(ctx, settings["EVENTS_ADDRESS"]) == nil && listening(settings["EVENTS_HTTP_ADDRESS"])
			}, 30*time.Second, 20*time.Millisecond)
			require.Equal(t, http.StatusUnauthorized, post(t, "http://"+settings["EVENTS_HTTP_ADDRESS"]+"/devtrail.events.v1.IngestService/CaptureEvents"))
			stop()
			require.NoError(t, <-done)
		})
	}
}

// post sends an empty request and returns the status of the answer.
func post(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	http.DefaultClient.CloseIdleConnections()
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

func TestAllMistakesInSettingsAreTold(t *testing.T) {
	_, err := env.Load(func(name string) string {
		return map[string]string{
			"EVENTS_STORE": "postgres", "EVENTS_ADDRESS": "nowhere", "DEVTRAIL_OPERATOR_KEY": "secret", "EVENTS_HTTP_ADDRESS": "here", "EVENTS_HTTP_ORIGINS": "https://a.example,b",
			"EVENTS_QUEUE": "jetstream", "EVENTS_QUEUE_DIR": "/x", "EVENTS_NATS_STREAM": "a.b", "EVENTS_NATS_REPLICAS": "0", "EVENTS_NATS_LEASE": "1ms",
			"LOG_LEVEL": "inof",
		}[name]
	}, defaults())
	for _, part := range []string{"EVENTS_POSTGRES_URL", "ADDRESS \"nowhere\"", "DEVTRAIL_SERVICE_KEY", "DEVTRAIL_OPERATOR_KEY", "EVENTS_HTTP_ADDRESS \"here\"", "EVENTS_HTTP_ORIGINS \"b\"", "EVENTS_NATS_URL", "EVENTS_NATS_STREAM \"a.b\"", "EVENTS_NATS_REPLICAS 0", "EVENTS_NATS_LEASE 1ms", "LOG_LEVEL \"inof\""} {
		require.ErrorContains(t, err, part)
	}
	require.NotContains(t, err.Error(), "secret")
}
