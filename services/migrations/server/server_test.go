package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/dial"
	"devtrail.dev/kit/env"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestRunServesWhenAllDatabasesAreAtTheHead starts the whole service with its settings, waits over the wire and stops it.
func TestRunServesWhenAllDatabasesAreAtTheHead(t *testing.T) {
	settings := map[string]string{
		"DEVTRAIL_OPERATOR_KEY":      auth.NewToken(auth.PrefixOperator),
		"DEVTRAIL_SERVICE_KEY":       auth.NewToken(auth.PrefixService) + "," + auth.NewToken(auth.PrefixService),
		"MIGRATIONS_ADDRESS":         servetest.FreeAddress(t),
		"MIGRATIONS_CLICKHOUSE_URL":  dbtest.ClickHouseServer(t),
		"MIGRATIONS_DATABASE_PREFIX": dbtest.Name(t) + "_",
		"MIGRATIONS_DDL_TIMEOUT":     "1m",
		"MIGRATIONS_DEBUG_ADDRESS":   "127.0.0.1:0",
		"MIGRATIONS_POSTGRES_URL":    dbtest.PostgresServer(t),
		// Nobody is there: the keys of organizations cannot be judged, all others can.
		"MIGRATIONS_IDENTITY_ADDRESS": servetest.FreeAddress(t),
	}
	dropDatabases(t, settings["MIGRATIONS_DATABASE_PREFIX"])
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, func(name string) string { return settings[name] }, &log) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })

	conn, err := dial.New(settings["MIGRATIONS_ADDRESS"], dial.Options{Token: settings["DEVTRAIL_OPERATOR_KEY"], ServiceName: "test"})
	require.NoError(t, err)
	defer conn.Close()
	client := migrationsv1.NewMigrationServiceClient(conn)
	call, done := context.WithTimeout(t.Context(), 5*time.Minute)
	defer done()
	for _, database := range []string{"migrations", "identity", "packages", "analytics"} {
		waitReady(call, t, client, database)
	}
	require.Eventually(t, func() bool { return serve.Probe(call, settings["MIGRATIONS_ADDRESS"]) == nil }, time.Minute, 50*time.Millisecond)
	status, err := client.GetStatus(call, &migrationsv1.GetStatusRequest{})
	require.NoError(t, err)
	require.Len(t, status.GetDatabases(), 4)
	for _, d := range status.GetDatabases() {
		require.Equal(t, migrationsv1.DatabaseState_DATABASE_STATE_READY, d.GetState(), d)
		history, err := client.ListHistory(call, &migrationsv1.ListHistoryRequest{Database: d.GetDatabase()})
		require.NoError(t, err)
		require.Equal(t, d.GetVersion(), history.GetEntries()[0].GetVersion())
	}

	stranger, err := dial.New(settings["MIGRATIONS_ADDRESS"], dial.Options{Token: auth.NewToken(auth.PrefixKey)})
	require.NoError(t, err)
	defer stranger.Close()
	_, err = migrationsv1.NewMigrationServiceClient(stranger).GetStatus(call, &migrationsv1.GetStatusRequest{})
	require.ErrorIs(t, err, fault.Unavailable)

	// A stream that will not end by itself does not hold up the stop.
	stream, err := client.WaitReady(call, &migrationsv1.WaitReadyRequest{Database: "identity", Version: 1 << 40})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	require.NoError(t, stop())
	_, err = stream.Recv()
	require.ErrorIs(t, err, fault.Unavailable)
	require.NotContains(t, log.String(), settings["DEVTRAIL_OPERATOR_KEY"])
}

func waitReady(ctx context.Context, t *testing.T, client migrationsv1.MigrationServiceClient, database string) {
	t.Helper()
	stream, err := client.WaitReady(ctx, &migrationsv1.WaitReadyRequest{Database: database}, grpc.WaitForReady(true))
	require.NoError(t, err)
	var last *migrationsv1.WaitReadyResponse
	for {
		res, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			require.Equal(t, migrationsv1.DatabaseState_DATABASE_STATE_READY, last.GetDatabase().GetState())
			return
		}
		require.NoError(t, err, "%s: %v", database, last)
		last = res
	}
}

func dropDatabases(t *testing.T, prefix string) {
	postgresURL, clickHouseURL := dbtest.PostgresServer(t), dbtest.ClickHouseServer(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		conn, err := pgx.Connect(ctx, postgresURL)
		require.NoError(t, err)
		defer conn.Close(ctx)
		for _, name := range []string{"migrations", "identity", "packages", "analytics"} {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+prefix+name+" WITH (FORCE)")
			require.NoError(t, err)
		}
		opts, err := clickhouse.ParseDSN(clickHouseURL)
		require.NoError(t, err)
		ch, err := clickhouse.Open(opts)
		require.NoError(t, err)
		defer ch.Close()
		require.NoError(t, ch.Exec(ctx, "DROP DATABASE IF EXISTS "+prefix+"analytics SYNC"))
	})
}

func TestSettingsAreCheckedTogether(t *testing.T) {
	load := func(settings map[string]string) error {
		_, err := env.Load(func(name string) string { return settings[name] }, defaults())
		return err
	}
	require.NoError(t, load(map[string]string{"MIGRATIONS_POSTGRES_URL": "postgres://h/d", "MIGRATIONS_EVENTS_STORE": "postgres"}))
	require.ErrorContains(t, load(nil), "MIGRATIONS_POSTGRES_URL")
	cases := map[string]string{
		"LOG_LEVEL":                  "inof",
		"MIGRATIONS_APPLY":           "never",
		"MIGRATIONS_CLICKHOUSE_URL":  "", // events are on ClickHouse by default
		"MIGRATIONS_DATABASE_PREFIX": "No-",
		"MIGRATIONS_EVENTS_STORE":    "oracle",
		"MIGRATIONS_LOCK_TIMEOUT":    "-1s",
		"MIGRATIONS_POSTGRES_URL":    "host=localhost",
	}
	for name, value := range cases {
		settings := map[string]string{"MIGRATIONS_POSTGRES_URL": "postgres://h/d", name: value}
		require.ErrorContains(t, load(settings), name, "%s=%q", name, value)
	}
	require.ErrorContains(t, load(map[string]string{
		"MIGRATIONS_POSTGRES_URL": "postgres://h/d", "MIGRATIONS_EVENTS_STORE": "postgres", "MIGRATIONS_IDENTITY_ADDRESS": "127.0.0.1:1",
	}), "DEVTRAIL_SERVICE_KEY")
}
