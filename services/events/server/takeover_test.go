package server

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	eventsmigrations "devtrail.dev/services/events/migrations"
)

// TestAnInstanceThatTakesOverCompletesWhatAnotherLeft has an instance wait for the log while the one that has it dies between the events of a block and their
// packages.
func TestAnInstanceThatTakesOverCompletesWhatAnotherLeft(t *testing.T) {
	url, broker := dbtest.ClickHouse(t, eventsmigrations.ClickHouse()), servetest.FreeAddress(t)
	settings := map[string]string{
		"DEVTRAIL_OPERATOR_KEY": auth.NewToken(auth.PrefixOperator), "DEVTRAIL_SERVICE_KEY": auth.NewToken(auth.PrefixService), "EVENTS_ADDRESS": servetest.FreeAddress(t),
		"EVENTS_CLICKHOUSE_URL": url, "EVENTS_DEBUG_ADDRESS": "127.0.0.1:0", "EVENTS_HTTP_ADDRESS": "off", "EVENTS_IDENTITY_ADDRESS": servetest.FreeAddress(t),
		"EVENTS_NATS_REPLICAS": "1", "EVENTS_NATS_URL": "nats://" + broker, "EVENTS_QUEUE": queueJetStream, "EVENTS_STORE": storeClickHouse,
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
	defer func() {
		stop()
		require.NoError(t, <-done)
	}()
	require.Eventually(t, func() bool { return serve.Probe(ctx, settings["EVENTS_ADDRESS"]) == nil }, 20*time.Second, 20*time.Millisecond)

	options, err := clickhouse.ParseDSN(url)
	require.NoError(t, err)
	conn, err := clickhouse.Open(options)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Exec(ctx, `
INSERT INTO events (organization_id, name, id, occurred_at, packages, package_rows, properties, block_id)
VALUES (?, 'package.added', generateUUIDv4(), now64(6), ['pkg:npm/x@1'], 1, '{}', 1)`, organization))
	whole := func() bool {
		var n uint64
		return assert.NoError(t, conn.QueryRow(context.WithoutCancel(ctx), "SELECT count() FROM event_packages").Scan(&n)) && n == 1
	}
	require.Never(t, whole, 2*time.Second, 50*time.Millisecond, "another has the log")
	serveBroker(t, brokerOptions(t, broker))
	require.Eventually(t, whole, 30*time.Second, 50*time.Millisecond)
}
