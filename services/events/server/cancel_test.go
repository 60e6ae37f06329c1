package server

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/lease"
	"devtrail.dev/kit/serve"
	"devtrail.dev/kit/serve/servetest"
	accessv1 "devtrail.dev/proto/gen/devtrail/access/v1"
	eventsv1 "devtrail.dev/proto/gen/devtrail/events/v1"
	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/identitytest"
	"devtrail.dev/services/events/internal/rpc"
	"devtrail.dev/services/events/internal/turns"
)

// TestAClientThatGoesAwayEndsItsQuery has a question that would never end: its client goes away, and it is gone from the database; it comes to its limit,
// and its client is told so. Another organization is answered meanwhile and after.
func TestAClientThatGoesAwayEndsItsQuery(t *testing.T) {
	for engine := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg := engines[engine](t)
			cfg.Query = events.DefaultQueryLimits()
			cfg.Query.Time = 5 * time.Minute // it does not come to that while the client waits
			patient := serveQuestions(t, cfg)
			cfg.Query.Time = 200 * time.Millisecond
			impatient := serveQuestions(t, cfg)
			runaway := &eventsv1.ListEventsRequest{}
			light := func() {
				_, err := patient.GetExposure(servetest.As(t.Context(), "light"), &eventsv1.GetExposureRequest{Purl: "pkg:npm/x"})
				require.NoError(t, err)
			}
			_, err := patient.ListEvents(servetest.As(t.Context(), "runaway"), runaway)
			require.NoError(t, err)
			light()
			running := map[string]func(*testing.T, Config) func() uint64{storeClickHouse: endlessClickHouse, storePostgres: endlessPostgres}[engine](t, cfg)

			ctx, leave := context.WithCancel(servetest.As(t.Context(), "runaway"))
			defer leave()
			done := make(chan error, 1)
			go func() {
				_, err := patient.ListEvents(ctx, runaway)
				done <- err
			}()
			require.Eventually(t, func() bool { return running() == 1 }, 30*time.Second, 5*time.Millisecond, "it must come to the database")
			light()
			require.EqualValues(t, 1, running(), "it must not end by itself")
			left := time.Now()
			leave()
			require.Eventually(t, func() bool { return running() == 0 }, 30*time.Second, 5*time.Millisecond, "it must be gone")
			t.Logf("gone from %s %s after its client", engine, time.Since(left).Round(time.Millisecond))
			require.ErrorIs(t, fault.FromStatus(<-done), fault.Canceled)

			_, err = impatient.ListEvents(servetest.As(t.Context(), "runaway"), runaway)
			require.ErrorIs(t, fault.FromStatus(err), events.ErrQuestionTooSlow)
			require.ErrorContains(t, err, "narrow its range")
			require.Eventually(t, func() bool { return running() == 0 }, 30*time.Second, 5*time.Millisecond, "it must be gone after its limit")
			light()
		})
	}
}

// serveQuestions serves the desk on a store, behind its door and the turns of organizations.
func serveQuestions(t *testing.T, cfg Config) eventsv1.EventServiceClient {
	t.Helper()
	store, _, err := openStore(t.Context(), cfg, lease.New("events"), time.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	_, err = store.Pending(t.Context()) // which settles what an earlier life of the store may have left
	require.NoError(t, err)
	_, identity := identitytest.Start(t)
	desk := rpc.New(store, identity, slog.New(slog.DiscardHandler), time.Now)
	conn := servetest.Start(t, "events", serve.Deps{Verifier: servetest.Verifier{
		"runaway": {OrganizationID: organization, Role: accessv1.Role_ROLE_ANALYST, CredentialID: "1"},
		"light":   {OrganizationID: uuid.NewString(), Role: accessv1.Role_ROLE_ANALYST, CredentialID: "2"},
	}}, func(door grpc.ServiceRegistrar) {
		desk.Register(turns.New(turns.Limits{Each: 1, Total: 2, Wait: time.Minute, Read: time.Minute}).Guard(door, nil, eventsv1.EventService_ServiceDesc.ServiceName))
	})
	return eventsv1.NewEventServiceClient(conn)
}

// endlessClickHouse puts a view in the place of the events that looks for one among a million millions of rows, and returns how many questions about it run.
func endlessClickHouse(t *testing.T, cfg Config) func() uint64 {
	t.Helper()
	options, err := clickhouse.ParseDSN(cfg.ClickHouseURL)
	require.NoError(t, err)
	conn, err := clickhouse.Open(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	require.NoError(t, conn.Exec(t.Context(), "INSERT INTO events (organization_id, occurred_at, package_rows) VALUES (?, now64(6), 2)", organization))
	require.NoError(t, conn.Exec(t.Context(), "RENAME TABLE events TO few_events"))
	require.NoError(t, conn.Exec(t.Context(), `
CREATE VIEW events AS
SELECT e.*
FROM (SELECT toUInt16(number % 2) AS package_rows FROM numbers(1000000000000)) AS n
ANY INNER JOIN few_events AS e ON e.package_rows = n.package_rows`))
	return func() (n uint64) {
		require.NoError(t, conn.QueryRow(t.Context(),
			"SELECT count() FROM system.processes WHERE current_database = currentDatabase() AND startsWith(query_id, ?)", organization).Scan(&n))
		return n
	}
}

// endlessPostgres locks the events until the end of the test and returns how many statements wait for them.
func endlessPostgres(t *testing.T, cfg Config) func() uint64 {
	t.Helper()
	open := func() *pgx.Conn {
		conn, err := pgx.Connect(t.Context(), cfg.PostgresURL)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
		return conn
	}
	owner, observer := open(), open()
	_, err := owner.Exec(t.Context(), "BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	return func() (n uint64) {
		require.NoError(t, observer.QueryRow(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'").Scan(&n))
		return n
	}
}
