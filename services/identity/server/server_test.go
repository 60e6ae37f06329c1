package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/kit/serve/servetest"
	identityv1 "devtrail.dev/proto/gen/devtrail/identity/v1"
	identitymigrations "devtrail.dev/services/identity/migrations"
	"devtrail.dev/services/identity/server"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// instance is a running service.
type instance struct {
	conn  *grpc.ClientConn // nil before connect
	lines *log
	stop  func() error
}

// log keeps the service's log lines and wakes those who wait for one.
type log struct {
	mu    sync.Mutex
	more  *sync.Cond
	ended bool
	lines []map[string]any
}

// wait returns the first line with the message.
func (l *log) wait(tb testing.TB, message string) map[string]any {
	tb.Helper()
	return l.find(tb, message, func(map[string]any) bool { return true })
}

// find waits for the first line with the message for which ok holds.
func (l *log) find(tb testing.TB, message string, ok func(line map[string]any) bool) map[string]any {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for seen := 0; ; l.more.Wait() {
		for ; seen < len(l.lines); seen++ {
			if l.lines[seen]["msg"] == message && ok(l.lines[seen]) {
				return l.lines[seen]
			}
		}
		require.False(tb, l.ended, "the service ended without the line %q: %v", message, l.lines)
	}
}

// start runs the service on a free port until the test ends, and connects to it once it listens.
func start(t *testing.T, settings map[string]string) *instance {
	t.Helper()
	running := launch(t, settings)
	running.connect(t)
	return running
}

// launch runs the service without waiting for it.
func launch(t *testing.T, settings map[string]string) *instance {
	t.Helper()
	given := map[string]string{"IDENTITY_ADDRESS": "127.0.0.1:0", "IDENTITY_DEBUG_ADDRESS": "127.0.0.1:0"}
	for name, value := range settings {
		given[name] = value
	}
	lines := &log{}
	lines.more = sync.NewCond(&lines.mu)
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var result error
	running.Go(func() {
		result = server.Run(ctx, func(name string) string { return given[name] }, writer)
		_ = writer.Close()
	})
	running.Go(func() {
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			var line map[string]any
			_ = json.Unmarshal(scanner.Bytes(), &line)
			lines.mu.Lock()
			lines.lines = append(lines.lines, line)
			lines.more.Broadcast()
			lines.mu.Unlock()
		}
		lines.mu.Lock()
		lines.ended = true
		lines.more.Broadcast()
		lines.mu.Unlock()
	})
	stop := sync.OnceValue(func() error {
		cancel()
		running.Wait()
		return result
	})
	t.Cleanup(func() { require.NoError(t, stop()) })
	return &instance{lines: lines, stop: stop}
}

// connect waits until the service listens.
func (i *instance) connect(t *testing.T) {
	t.Helper()
	conn, err := grpc.NewClient(i.lines.wait(t, "listening")["address"].(string), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	i.conn = conn
}

func (i *instance) requireServing(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := healthpb.NewHealthClient(i.conn).Watch(ctx, &healthpb.HealthCheckRequest{Service: "devtrail.identity.v1.DeveloperService"})
	require.NoError(t, err)
	for {
		res, err := stream.Recv()
		require.NoError(t, err)
		if res.GetStatus() == healthpb.HealthCheckResponse_SERVING {
			return
		}
	}
}

func TestTwoInstancesBootstrapOneDatabaseOnce(t *testing.T) {
	t.Parallel()
	admin, ingest, service := auth.NewToken(auth.PrefixKey), auth.NewToken(auth.PrefixIngest), auth.NewToken(auth.PrefixService)
	settings := map[string]string{
		"IDENTITY_DATABASE_URL":           dbtest.Postgres(t, identitymigrations.FS),
		"IDENTITY_BOOTSTRAP_ADMIN_KEY":    admin,
		"IDENTITY_BOOTSTRAP_INGEST_KEY":   ingest,
		"IDENTITY_BOOTSTRAP_ORGANIZATION": "acme",
		"DEVTRAIL_SERVICE_KEY":            service + "," + auth.NewToken(auth.PrefixService),
	}
	instances := []*instance{launch(t, settings), launch(t, settings)}
	for _, running := range instances {
		running.connect(t)
		running.requireServing(t)
		organizations := identityv1.NewOrganizationServiceClient(running.conn)
		list, err := organizations.ListOrganizations(servetest.As(t.Context(), service), &identityv1.ListOrganizationsRequest{})
		require.NoError(t, err)
		require.Len(t, list.GetOrganizations(), 1)
		require.Equal(t, "acme", list.GetOrganizations()[0].GetSlug())
		keys, err := identityv1.NewCredentialServiceClient(running.conn).ListApiKeys(servetest.As(t.Context(), admin), &identityv1.ListApiKeysRequest{})
		require.NoError(t, err)
		require.Len(t, keys.GetApiKeys(), 2)
		answer, err := identityv1.NewCredentialServiceClient(running.conn).Introspect(servetest.As(t.Context(), service), &identityv1.IntrospectRequest{Token: ingest})
		require.NoError(t, err)
		require.True(t, answer.GetActive())
	}

	// A database that has an organization keeps its keys, whatever the settings say later.
	require.NoError(t, instances[0].stop())
	settings["IDENTITY_BOOTSTRAP_ADMIN_KEY"] = auth.NewToken(auth.PrefixKey)
	later := start(t, settings)
	later.requireServing(t)
	_, err := identityv1.NewDeveloperServiceClient(later.conn).ListDevelopers(servetest.As(t.Context(), settings["IDENTITY_BOOTSTRAP_ADMIN_KEY"]), &identityv1.ListDevelopersRequest{})
	require.Error(t, err)
}

func TestItWaitsForTheSchemaAndSaysSo(t *testing.T) {
	t.Parallel()
	url, admin := dbtest.EmptyPostgres(t), auth.NewToken(auth.PrefixKey)
	running := start(t, map[string]string{"IDENTITY_DATABASE_URL": url, "IDENTITY_BOOTSTRAP_ADMIN_KEY": admin})
	// The first check may be told by its deadline instead, as long as there is no connection yet.
	running.lines.find(t, "not serving", func(line map[string]any) bool {
		reason, _ := line["reason"].(string)
		return strings.Contains(reason, "migrations")
	})
	res, err := healthpb.NewHealthClient(running.conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, res.GetStatus())
	_, err = identityv1.NewCredentialServiceClient(running.conn).ListApiKeys(servetest.As(t.Context(), admin), &identityv1.ListApiKeysRequest{})
	require.ErrorIs(t, fault.FromStatus(err), fault.Unavailable, "who calls too early may call again")

	migrate(t, url)
	running.requireServing(t)
}

func TestAStopDoesNotWaitForWatchers(t *testing.T) {
	t.Parallel()
	service := auth.NewToken(auth.PrefixService)
	running := start(t, map[string]string{
		"IDENTITY_DATABASE_URL": dbtest.Postgres(t, identitymigrations.FS), "DEVTRAIL_SERVICE_KEY": service, "IDENTITY_GRACE_PERIOD": "60s",
	})
	running.requireServing(t)
	stream, err := identityv1.NewDeveloperServiceClient(running.conn).WatchIdentities(servetest.As(t.Context(), service), &identityv1.WatchIdentitiesRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	begin := time.Now()
	require.NoError(t, running.stop())
	require.Less(t, time.Since(begin), 30*time.Second)
	for err == nil {
		_, err = stream.Recv()
	}
	// The door and the feed both end the stream, whoever is first.
	require.Equal(t, codes.Unavailable, status.Code(err))
}

// Whoever writes may wait for a lock for long, and holds a connection meanwhile. The keys of all organizations are looked up beside them.
func TestLookingUpGoesOnWhileWritersWait(t *testing.T) {
	t.Parallel()
	admin, service := auth.NewToken(auth.PrefixKey), auth.NewToken(auth.PrefixService)
	url := dbtest.Postgres(t, identitymigrations.FS)
	running := start(t, map[string]string{
		// The writers wait until the test lets them go on.
		"IDENTITY_DATABASE_URL":        url + "&lock_timeout=0&statement_timeout=0",
		"IDENTITY_BOOTSTRAP_ADMIN_KEY": admin,
		"DEVTRAIL_SERVICE_KEY":         service,
	})
	running.requireServing(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	developers, keys := identityv1.NewDeveloperServiceClient(running.conn), identityv1.NewCredentialServiceClient(running.conn)
	resolve := func(ctx context.Context, address string, create bool) (string, error) {
		res, err := developers.ResolveIdentities(servetest.As(ctx, admin), &identityv1.ResolveIdentitiesRequest{CreateMissing: create, Hints: []*identityv1.IdentityHint{
			{Identity: &identityv1.Identity{Kind: identityv1.IdentityKind_IDENTITY_KIND_GIT_EMAIL, Value: address}},
		}})
		if err != nil {
			return "", err
		}
		return res.GetIdentities()[0].GetDeveloperId(), nil
	}
	known, err := resolve(ctx, "known@example.com", true)
	require.NoError(t, err)

	pool, err := pg.Open(ctx, url, pg.Options{})
	require.NoError(t, err)
	defer pool.Close()
	holder, err := pool.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = holder.Rollback(context.WithoutCancel(ctx)) }()
	_, err = holder.Exec(ctx, `SELECT FROM identity_change_counter FOR UPDATE`)
	require.NoError(t, err)
	const writers = 12 // more than there are connections
	var group errgroup.Group
	for i := range writers {
		group.Go(func() error {
			_, err := resolve(ctx, fmt.Sprintf("new-%d@example.com", i), true)
			return err
		})
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var waiting int
		err := pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		require.NoError(c, err)
		require.GreaterOrEqual(c, waiting, 5, "half of the pool")
	}, 30*time.Second, 10*time.Millisecond)

	// More often than the writers need to take what there is.
	for range 20 {
		looking, cancel := context.WithTimeout(ctx, 30*time.Second)
		answer, err := keys.Introspect(servetest.As(looking, service), &identityv1.IntrospectRequest{Token: admin})
		require.NoError(t, err)
		require.True(t, answer.GetActive())
		found, err := resolve(looking, "known@example.com", true)
		require.NoError(t, err)
		require.Equal(t, known, found)
		cancel()
	}
	require.NoError(t, holder.Rollback(ctx))
	require.NoError(t, group.Wait())
}

func TestWrongSettingsAreAllNamed(t *testing.T) {
	t.Parallel()
	secret := "dvk_notreallyakey"
	settings := map[string]string{
		"IDENTITY_DATABASE_URL":           "postgres://localhost/identity",
		"IDENTITY_ADDRESS":                "nowhere",
		"IDENTITY_BOOTSTRAP_ADMIN_KEY":    secret,
		"IDENTITY_BOOTSTRAP_INGEST_KEY":   auth.NewToken(auth.PrefixKey),
		"IDENTITY_BOOTSTRAP_ORGANIZATION": "Acme!",
		"DEVTRAIL_OPERATOR_KEY":           "operator",
		"DEVTRAIL_SERVICE_KEY":            auth.NewToken(auth.PrefixOperator),
		"LOG_LEVEL":                       "inof",
	}
	err := server.Run(t.Context(), func(name string) string { return settings[name] }, io.Discard)
	for _, name := range []string{
		"ADDRESS", "IDENTITY_BOOTSTRAP_ADMIN_KEY", "IDENTITY_BOOTSTRAP_INGEST_KEY", "IDENTITY_BOOTSTRAP_ORGANIZATION", "DEVTRAIL_OPERATOR_KEY", "DEVTRAIL_SERVICE_KEY",
		`LOG_LEVEL "inof"`,
	} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), secret)
	require.ErrorContains(t, server.Run(t.Context(), func(string) string { return "" }, io.Discard), "IDENTITY_DATABASE_URL")
}

// migrate does what the migrations service does.
func migrate(t *testing.T, url string) {
	t.Helper()
	files, err := schema.Files(identitymigrations.FS)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	err = pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `CREATE TABLE `+schema.HistoryTable+` (
			version bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
			duration_ms bigint NOT NULL, applied_by text NOT NULL)`); err != nil {
			return err
		}
		for _, file := range files {
			if _, err := tx.Exec(t.Context(), file.SQL); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), `INSERT INTO `+schema.HistoryTable+` (version, name, checksum, duration_ms, applied_by) VALUES ($1, $2, $3, 0, 'test')`,
				file.Version, file.Name, file.Checksum); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
}
