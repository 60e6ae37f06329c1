package gate_test

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/gate"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
	"devtrail.dev/stack/engines"
)

// short is a soak that a server's own record can cover within a test.
const short = time.Millisecond

var tables = fstest.MapFS{
	"0001_init.sql": {Data: []byte("CREATE TABLE visits (id UInt64, page String, referrer String, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY id")},
}

// dropReferrer is the contract file.
func dropReferrer(soak time.Duration) schema.File {
	return schema.File{Version: 9, Name: "0009_drop.sql", Header: schema.Header{Contract: &schema.Contract{NoReader: []string{"visits.referrer"}, Soak: soak}}}
}

// logged is a site whose target is on ClickHouse.
type logged struct {
	*site
	url string
}

func setupClickHouse(t *testing.T, url string) *logged {
	t.Helper()
	s := open(t, dbtest.PostgresServer(t), dbtest.Postgres(t, ledgermigrations.FS), dbtest.EmptyPostgres(t))
	options, err := clickhouse.ParseDSN(url)
	require.NoError(t, err)
	s.target = migrations.Target{Name: "analytics", Database: options.Auth.Database, Engine: migrations.ClickHouse, Owner: "events"}
	s.deps.ClickHouseURL = url
	s.Judge = gate.New(s.deps)
	return &logged{site: s, url: url}
}

// client connects to the target under a name.
func (l *logged) client(name string) driver.Conn {
	l.t.Helper()
	options, err := clickhouse.ParseDSN(l.url)
	require.NoError(l.t, err)
	options.ClientInfo.Products = append(options.ClientInfo.Products, struct{ Name, Version string }{Name: name})
	options.MaxOpenConns = 1
	conn, err := clickhouse.Open(options)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (l *logged) judge(soak time.Duration) migrations.Gate {
	l.t.Helper()
	g, err := l.Gate(l.t.Context(), l.target, dropReferrer(soak))
	require.NoError(l.t, err)
	return g
}

func said(g migrations.Gate, kind migrations.OffenderKind) string {
	var say []string
	for _, o := range g.Offenders {
		if o.Kind == kind {
			say = append(say, o.Message)
		}
	}
	return strings.Join(say, "\n")
}

func TestQueriesOfTheSoakAreNamed(t *testing.T) {
	t.Parallel()
	l := setupClickHouse(t, dbtest.ClickHouse(t, tables))
	conn := l.client("reports")
	l.judge(short)
	l.age(time.Hour)
	for _, harmless := range []string{
		"SELECT page FROM visits", "INSERT INTO visits (id, page) SELECT 1, 'referrer'", "INSERT INTO visits (id) VALUES (1)", "SELECT 'referrer'",
		"ALTER TABLE visits UPDATE page = 'x' WHERE id = 3", "SELECT id FROM visits WHERE page = ''",
	} {
		require.NoError(t, conn.Exec(t.Context(), harmless), harmless)
	}
	g := l.judge(time.Hour)
	assert.NotContains(t, said(g, migrations.ByQueryLog), "reports", "what does not use the column is not named")

	for _, use := range []string{
		"SELECT referrer FROM visits LIMIT 1", "SELECT * FROM visits LIMIT 2", "SELECT count() FROM visits WHERE referrer = 'x'",
		"INSERT INTO visits (id, referrer) VALUES (1, 'x')", "INSERT INTO visits VALUES (1, 'a', 'b', now())",
		"ALTER TABLE visits UPDATE referrer = 'x' WHERE id = 3", "DELETE FROM visits WHERE referrer = 'y'",
	} {
		require.NoError(t, conn.Exec(t.Context(), use), use)
		say := said(l.judge(time.Hour), migrations.ByQueryLog)
		head := strings.Join(strings.Fields(use)[:3], " ")
		assert.Contains(t, say, "reports/", use)
		assert.Contains(t, say, head, use)
	}
	// Our own queries change objects and use them for nobody.
	mine := l.client("devtrail-migrations")
	require.NoError(t, mine.Exec(t.Context(), "SELECT referrer, 17 FROM visits"))
	assert.NotContains(t, said(l.judge(time.Hour), migrations.ByQueryLog), "SELECT referrer, 17")
}

func TestAGateOnClickHouseOpensAfterTheSoak(t *testing.T) {
	t.Parallel()
	l := setupClickHouse(t, dbtest.ClickHouse(t, tables))
	require.NoError(t, l.client("reports").Exec(t.Context(), "SELECT referrer FROM visits"))
	g := l.judge(short)
	l.age(time.Hour)
	require.Eventually(t, func() bool { g = l.judge(short); return g.State == migrations.GateOpen }, 20*time.Second, 10*time.Millisecond, "%v", g.Offenders)
}

func TestAnInstanceThatGoesOnAskingAfterItsLeaseIsNotGone(t *testing.T) {
	t.Parallel()
	l := setupClickHouse(t, dbtest.ClickHouse(t, tables))
	i := migrations.Instance{
		Service: "events", ID: "instance-cut", Build: "build-1", ApplicationName: "devtrail-events " + dbtest.Name(t), // the server's log has other runs of this test
		Needs: []migrations.SchemaNeed{{Database: "analytics", Uses: []string{"visits.referrer"}}},
	}
	_, err := l.leases.Register(t.Context(), i)
	require.NoError(t, err)
	assert.Contains(t, said(l.judge(time.Hour), migrations.ByLease), "instance-cut")
	l.age(24 * time.Hour)
	assert.Empty(t, said(l.judge(time.Hour), migrations.ByLostLease), "the negative control: it says nothing any more")
	require.NoError(t, l.client(i.ApplicationName).Exec(t.Context(), "SELECT 1"))
	assert.Contains(t, said(l.judge(time.Hour), migrations.ByLostLease), "events instance-cut of build build-1 lost its lease at")
}

func TestARunningQueryIsNamed(t *testing.T) {
	t.Parallel()
	l := setupClickHouse(t, dbtest.ClickHouse(t, tables))
	conn := l.client("slow")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		// It lasts until it is cancelled, which the server looks at between blocks.
		done <- conn.Exec(ctx, "SELECT sleepEachRow(1), (SELECT any(referrer) FROM visits) FROM numbers(1000) SETTINGS max_block_size = 1")
	}()
	require.Eventually(t, func() bool { return strings.Contains(said(l.judge(short), migrations.ByQueryLog), "still runs it") }, 30*time.Second, 10*time.Millisecond)
	cancel()
	require.Error(t, <-done)
}

func TestARecordThatIsShorterThanTheSoakKeepsTheGateClosed(t *testing.T) {
	t.Parallel()
	server, err := engines.StartClickHouse(t.Context(), engines.ClickHouseConfig{DataDir: filepath.Join(t.TempDir(), "data"), MemoryRatio: 0.2})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(t, server.Stop(ctx))
	})
	address, err := url.Parse(server.URL())
	require.NoError(t, err)
	l := setupClickHouse(t, address.String())
	conn := l.client("admin")
	require.NoError(t, conn.Exec(t.Context(), string(tables["0001_init.sql"].Data)))
	l.judge(time.Hour)
	l.age(1000 * time.Hour)
	g := l.judge(time.Hour)
	assert.Contains(t, said(g, migrations.ByQueryLog), "less than 1h0m0s")
	assert.Equal(t, migrations.GateWaiting, g.State)

	// An old row is a record that goes back far enough.
	require.NoError(t, conn.Exec(t.Context(), "INSERT INTO system.query_log (event_date, event_time, event_time_microseconds) SELECT today() - 9, now() - 777600, now64(6) - 777600"))
	assert.Empty(t, said(l.judge(time.Hour), migrations.ByQueryLog))
	require.NoError(t, conn.Exec(t.Context(), "TRUNCATE TABLE system.query_log"))
	assert.Contains(t, said(l.judge(time.Hour), migrations.ByQueryLog), "less than 1h0m0s")
}
