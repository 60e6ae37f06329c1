package stack

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newTestPlan is the plan for these settings, as if the engines ran.
func newTestPlan(tb testing.TB, store string, environ ...string) *plan {
	tb.Helper()
	cfg, err := Config{DataDir: tb.TempDir(), EventsStore: store, Environ: environ, FreePorts: true}.withDefaults()
	require.NoError(tb, err)
	p, err := newPlan(tb.Context(), cfg, &home{dir: cfg.DataDir}, keys{Admin: "dvk_a", Ingest: "dvi_i", Operator: "dvo_o", Service: "dvs_s"})
	require.NoError(tb, err)
	p.postgres.server.Store(&url.URL{Scheme: "postgres", Host: "127.0.0.1:1111", Path: "/postgres"})
	p.clickhouse.server.Store(&url.URL{Scheme: "clickhouse", Host: "127.0.0.1:2222", Path: "/default"})
	return p
}

// environment is what a service's process sees, the last of several counting.
func (p *plan) environment(name string) map[string]string {
	env := map[string]string{}
	for _, s := range services {
		if s.name == name {
			for _, entry := range p.environ(s) {
				key, value, _ := strings.Cut(entry, "=")
				env[key] = value
			}
		}
	}
	return env
}

func TestServicesGetTheirSettings(t *testing.T) {
	p := newTestPlan(t, StoreClickHouse, "LOG_LEVEL=debug", "EVENTS_POSTGRES_URL_FILE=/somewhere", "IDENTITY_BOOTSTRAP_ORGANIZATION=acme")
	events := p.environment("events")
	require.Equal(t, "clickhouse://127.0.0.1:2222/analytics", events["EVENTS_CLICKHOUSE_URL"])
	require.Equal(t, p.endpoint("identity"), events["EVENTS_IDENTITY_ADDRESS"])
	for _, service := range []string{"identity", "packages", "events"} {
		require.Equal(t, p.endpoint("migrations"), p.environment(service)[strings.ToUpper(service)+"_MIGRATIONS_ADDRESS"])
	}
	require.Equal(t, "debug", events["LOG_LEVEL"])
	require.Equal(t, "dvs_s", events["DEVTRAIL_SERVICE_KEY"])
	require.NotContains(t, events, "EVENTS_POSTGRES_URL_FILE", "a setting that the stack decides comes from nowhere else")
	identity := p.environment("identity")
	require.Equal(t, "postgres://127.0.0.1:1111/identity", identity["IDENTITY_DATABASE_URL"])
	require.Equal(t, "acme", identity["IDENTITY_BOOTSTRAP_ORGANIZATION"])
}

func TestTheHTTPDoorIsOpenedUnlessItIsOff(t *testing.T) {
	p := newTestPlan(t, StoreClickHouse)
	require.Equal(t, map[string]string{"events": "http://" + p.environment("events")["EVENTS_HTTP_ADDRESS"]}, p.httpEndpoints())
	require.NotContains(t, p.environment("identity"), "IDENTITY_HTTP_ADDRESS")

	p = newTestPlan(t, StoreClickHouse, "EVENTS_HTTP_ADDRESS=off")
	require.Empty(t, p.httpEndpoints())
	require.Equal(t, "off", p.environment("events")["EVENTS_HTTP_ADDRESS"])
}

func TestADebugPortIsOpenedUnlessItIsOff(t *testing.T) {
	p := newTestPlan(t, StoreClickHouse, "EVENTS_DEBUG_ADDRESS=off")
	require.Equal(t, "off", p.environment("events")["EVENTS_DEBUG_ADDRESS"])
	require.NotEqual(t, "off", p.environment("identity")["IDENTITY_DEBUG_ADDRESS"])
}

func TestAddressesThatNoSuiteCanHaveAreNamed(t *testing.T) {
	for _, c := range []struct {
		name    string
		environ []string
		want    string
	}{
		{"a service is not off", []string{"IDENTITY_ADDRESS=off"}, `IDENTITY_ADDRESS "off" is not an address like 127.0.0.1:7402`},
		{"two services", []string{"MIGRATIONS_ADDRESS=127.0.0.1:19404", "EVENTS_ADDRESS=0.0.0.0:19404"}, "MIGRATIONS_ADDRESS and EVENTS_ADDRESS are both 127.0.0.1:19404: set one of them to another address"},
		{"a service and a debug port", []string{"EVENTS_ADDRESS=127.0.0.1:19404", "EVENTS_DEBUG_ADDRESS=127.0.0.1:19404"}, "EVENTS_ADDRESS and EVENTS_DEBUG_ADDRESS are both 127.0.0.1:19404: set one of them to another address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := Config{DataDir: t.TempDir(), Environ: c.environ, FreePorts: true}.withDefaults()
			require.NoError(t, err)
			_, err = newPlan(t.Context(), cfg, &home{dir: cfg.DataDir}, keys{})
			require.EqualError(t, err, c.want)
		})
	}
}

func TestWithoutClickHouseNothingNamesIt(t *testing.T) {
	p := newTestPlan(t, StorePostgres)
	for _, process := range p.table() {
		require.NotEqual(t, processClickHouse, process.Name)
		require.NotContains(t, process.Deps, processClickHouse)
	}
	require.Empty(t, p.environment("migrations")["MIGRATIONS_CLICKHOUSE_URL"])
	require.Empty(t, p.environment("events")["EVENTS_CLICKHOUSE_URL"])
	require.Equal(t, "postgres://127.0.0.1:1111/analytics", p.environment("events")["EVENTS_POSTGRES_URL"])
}

func TestServersOfTheUserAreUsed(t *testing.T) {
	p := newTestPlan(t, StoreClickHouse, "DEVTRAIL_POSTGRES_URL=postgres://me:secret@db:5432/x?sslmode=require", "DEVTRAIL_CLICKHOUSE_URL=clickhouse://me@ch:9000")
	for _, process := range p.table() {
		require.NotContains(t, []string{processPostgres, processClickHouse}, process.Name)
	}
	require.Equal(t, "postgres://me:secret@db:5432/packages?sslmode=require", p.environment("packages")["PACKAGES_DATABASE_URL"])
	require.Equal(t, "clickhouse://me@ch:9000/analytics", p.environment("events")["EVENTS_CLICKHOUSE_URL"])
}

func TestABadServerURLIsNotRepeated(t *testing.T) {
	cfg, err := Config{DataDir: t.TempDir(), Environ: []string{"DEVTRAIL_POSTGRES_URL=secret@db"}, FreePorts: true}.withDefaults()
	require.NoError(t, err)
	_, err = newPlan(t.Context(), cfg, &home{dir: cfg.DataDir}, keys{})
	require.EqualError(t, err, "DEVTRAIL_POSTGRES_URL is not a URL like postgres://user:password@host:port")
}

func TestTheStoreIsChosenBySettingOrFlag(t *testing.T) {
	for _, c := range []struct{ flag, setting, want string }{
		{"", "", StoreClickHouse}, {"", "postgres", StorePostgres}, {StoreClickHouse, "postgres", StoreClickHouse},
	} {
		cfg, err := Config{DataDir: t.TempDir(), EventsStore: c.flag, Environ: []string{"EVENTS_STORE=" + c.setting}}.withDefaults()
		require.NoError(t, err)
		require.Equal(t, c.want, cfg.EventsStore)
	}
	_, err := Config{DataDir: t.TempDir(), EventsStore: "mysql"}.withDefaults()
	require.EqualError(t, err, `events store "mysql": it is clickhouse or postgres`)
	_, err = Config{DataDir: t.TempDir(), Environ: []string{"EVENTS_STORE=mysql"}}.withDefaults()
	require.EqualError(t, err, `EVENTS_STORE "mysql": it is clickhouse or postgres`)
}
