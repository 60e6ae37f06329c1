package gate_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	"devtrail.dev/services/migrations/internal/gate"
	"devtrail.dev/services/migrations/internal/lease"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const soak = 24 * time.Hour

// files are a database with a column that the second file takes away.
var files = fstest.MapFS{
	"0001_init.sql": {Data: []byte("CREATE TABLE developers (id bigint PRIMARY KEY, name text, nickname text)")},
}

// drop is the contract file.
var drop = schema.File{Version: 9, Name: "0009_drop_nickname.sql", Header: schema.Header{Contract: &schema.Contract{NoReader: []string{"developers.nickname"}, Soak: soak}}}

// site is a ledger and a target on real engines.
type site struct {
	*gate.Judge
	deps   gate.Deps
	t      *testing.T
	ledger *pgxpool.Pool
	leases *lease.Store
	target migrations.Target
	url    string // of the target's database
}

// setup makes a site on the shared server.
func setup(t *testing.T) *site {
	t.Helper()
	return open(t, dbtest.PostgresServer(t), dbtest.Postgres(t, ledgermigrations.FS), dbtest.Postgres(t, files))
}

func open(t *testing.T, server, ledgerURL, targetURL string) *site {
	t.Helper()
	pool, err := pg.Open(t.Context(), ledgerURL, pg.Options{ApplicationName: "devtrail-migrations ledger", MaxConns: 3})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	cfg, err := pgx.ParseConfig(targetURL)
	require.NoError(t, err)
	s := &site{
		t: t, ledger: pool, leases: lease.New(pool), url: targetURL,
		target: migrations.Target{Name: "identity", Database: cfg.Database, Engine: migrations.Postgres, Owner: "identity"},
	}
	s.deps = gate.Deps{Leases: s.leases, Ledger: pool, PostgresURL: server}
	s.Judge = gate.New(s.deps)
	return s
}

// trust names the receivers of the log whose readers hold leases.
func (s *site) trust(standbys ...string) {
	s.deps.Standbys = standbys
	s.Judge = gate.New(s.deps)
}

// as judges in a role that is less than the server's own.
func (s *site) as(role string) {
	s.t.Helper()
	cfg := s.ledger.Config()
	cfg.ConnConfig.RuntimeParams["role"] = role
	pool, err := pgxpool.NewWithConfig(s.t.Context(), cfg)
	require.NoError(s.t, err)
	s.t.Cleanup(pool.Close)
	s.deps.Ledger = pool
	s.Judge = gate.New(s.deps)
}

// look judges the gate of the drop.
func (s *site) look() migrations.Gate {
	s.t.Helper()
	g, err := s.Gate(s.t.Context(), s.target, drop)
	require.NoError(s.t, err)
	require.Equal(s.t, g.State == migrations.GateWaiting, len(g.Offenders) > 0, "a gate that waits says why, and only then")
	return g
}

// waits wants the gate to wait for offenders of these kinds, and returns what they say.
func (s *site) waits(kinds ...migrations.OffenderKind) string {
	s.t.Helper()
	g := s.look()
	var got []migrations.OffenderKind
	var say []string
	for _, o := range g.Offenders {
		got, say = append(got, o.Kind), append(say, o.Message)
	}
	slices.Sort(got)
	slices.Sort(kinds)
	require.Equal(s.t, kinds, slices.Compact(got), strings.Join(say, "\n"))
	return strings.Join(say, "\n")
}

func (s *site) opens() {
	s.t.Helper()
	g := s.look()
	require.Equal(s.t, migrations.GateOpen, g.State, "%v", g.Offenders)
	require.True(s.t, g.Passable())
}

// age moves everything that the ledger knows back in time, as if so long had passed since. The watch went on.
func (s *site) age(by time.Duration) {
	s.t.Helper()
	for _, sql := range []string{
		"UPDATE instances SET registered_at = registered_at - $1::interval, seen_at = seen_at - $1::interval, released_at = released_at - $1::interval",
		"UPDATE usages SET last_used_at = last_used_at - $1::interval",
		"UPDATE gates SET looked_at = looked_at - $1::interval, used_at = used_at - $1::interval",
		"UPDATE watches SET since = since - $1::interval",
	} {
		_, err := s.ledger.Exec(s.t.Context(), sql, by)
		require.NoError(s.t, err)
	}
}

// instance is a service instance as the database sees it: a lease and a connection.
type instance struct {
	migrations.Instance
	s    *site
	conn *pgx.Conn
}

// run starts an instance of a build that uses the columns, in the target.
func (s *site) run(id, build string, uses ...string) *instance {
	s.t.Helper()
	i := &instance{s: s, Instance: migrations.Instance{
		Service: "identity", ID: "instance-" + id, Build: build, ApplicationName: "devtrail-identity " + id,
		Needs: []migrations.SchemaNeed{{Database: "identity", MinVersion: 1, Uses: uses}},
	}}
	i.heartbeat()
	i.conn = s.connect(i.ApplicationName)
	return i
}

func (i *instance) heartbeat() {
	i.s.t.Helper()
	_, err := i.s.leases.Register(i.s.t.Context(), i.Instance)
	require.NoError(i.s.t, err)
}

// crash ends the connection and leaves the lease.
func (i *instance) crash() { i.s.disconnect(i.conn) }

// stop ends the instance in good order.
func (i *instance) stop() {
	i.s.t.Helper()
	require.NoError(i.s.t, i.s.leases.Release(i.s.t.Context(), i.ID))
	i.crash()
}

// connect opens a connection to the target under a name.
func (s *site) connect(application string) *pgx.Conn {
	s.t.Helper()
	cfg, err := pgx.ParseConfig(s.url)
	require.NoError(s.t, err)
	cfg.RuntimeParams["application_name"] = application
	conn, err := pgx.ConnectConfig(s.t.Context(), cfg)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close(s.t.Context()) })
	return conn
}

// disconnect closes a connection and waits until the server has noticed.
func (s *site) disconnect(conn *pgx.Conn) {
	s.t.Helper()
	pid := conn.PgConn().PID()
	require.NoError(s.t, conn.Close(s.t.Context()))
	require.Eventually(s.t, func() bool {
		var there bool
		err := s.ledger.QueryRow(s.t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid).Scan(&there)
		return err == nil && !there
	}, 30*time.Second, 5*time.Millisecond)
}

func TestTheDropWaitsForTheOldInstanceAndThenForTheSoak(t *testing.T) {
	t.Parallel()
	s := setup(t)
	old := s.run("old", "build-1", "developers.id", "developers.nickname")
	s.run("new", "build-2", "developers.id", "developers.name")

	say := s.waits(migrations.ByLease, migrations.BySoak)
	assert.Contains(t, say, "identity instance-old of build build-1 holds a live lease")
	assert.Contains(t, say, "uses developers.nickname")
	assert.NotContains(t, say, "instance-new")
	s.age(10 * soak)
	old.heartbeat()
	s.waits(migrations.ByLease, migrations.BySoak)
	g := s.look()
	assert.WithinDuration(t, time.Now().Add(soak), g.Earliest, time.Minute)

	old.stop()
	say = s.waits(migrations.BySoak)
	assert.Contains(t, say, "developers.nickname unused since")
	assert.Contains(t, say, "instance-old")
	s.age(soak - time.Minute)
	s.waits(migrations.BySoak)
	s.age(time.Minute)
	s.opens()
	_, err := s.connect("devtrail-migrations identity").Exec(t.Context(), "ALTER TABLE developers DROP COLUMN nickname")
	require.NoError(t, err)
	s.opens() // our own connection is no stranger
}

func TestTheSoakBeginsWithTheFirstLook(t *testing.T) {
	t.Parallel()
	s := setup(t)
	say := s.waits(migrations.BySoak)
	assert.Contains(t, say, "what was before is not known")
	s.age(soak)
	s.opens()
}

func TestAPartitionedInstanceKeepsTheGateClosed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	cut := s.run("cut", "build-1", "developers.nickname")
	s.age(10 * soak) // its lease lapsed long ago, and it is still connected
	say := s.waits(migrations.ByLostLease, migrations.BySoak)
	assert.Contains(t, say, "instance-cut of build build-1 lost its lease at")
	assert.Contains(t, say, "still connected")
	require.NoError(t, s.leases.Watch(t.Context()))

	cut.crash()
	s.waits(migrations.BySoak) // it was there until now
	s.age(soak)
	s.opens() // the negative control: without a connection a lapsed lease is an end
}

func TestACrashedInstanceCountsUntilItsSoakIsOver(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	s.age(10 * soak)
	s.run("crash", "build-1", "developers.nickname").crash()
	s.waits(migrations.ByLease, migrations.BySoak) // its lease is live yet
	s.age(migrations.LeaseTime)
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
}

func TestTheGateClosesAgain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
	// A rollback: the build that uses the column is back between plan and apply.
	s.run("back", "build-1", "developers.nickname")
	s.waits(migrations.ByLease, migrations.BySoak)
}

func TestAParkedInstanceKeepsTheGateClosed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	parked := s.run("blue", "build-1", "developers.nickname")
	parked.Parked = true
	parked.heartbeat()
	parked.crash()
	s.waits(migrations.ByLease, migrations.BySoak)
	s.age(10 * soak)
	assert.Contains(t, s.waits(migrations.ByLease, migrations.BySoak), "is parked and may come back")
	require.NoError(t, s.leases.Release(t.Context(), parked.ID))
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
}

func TestADailyJobCountsBetweenItsRuns(t *testing.T) {
	t.Parallel()
	s := setup(t)
	job := s.run("job", "build-1", "developers.nickname")
	job.ExpectedInterval = 48 * time.Hour
	job.heartbeat()
	job.stop()
	s.age(soak + time.Hour)
	s.look()
	s.age(soak - 2*time.Hour)
	say := s.waits(migrations.ByLease, migrations.BySoak)
	assert.Contains(t, say, "may run again until")
	s.age(time.Hour)
	assert.NotContains(t, s.waits(migrations.BySoak), "run again")
	s.age(soak)
	s.opens()
}

func TestAnInstanceThatDoesNotWorkWithTheSchemaAfterIsNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	old := s.run("old", "build-1", "developers.id")
	s.waits(migrations.BySoak)
	s.age(soak)
	old.heartbeat()
	s.opens()
	old.Needs[0].MaxVersionExclusive = drop.Version + 1
	old.heartbeat()
	s.opens()
	old.Needs[0].MaxVersionExclusive = drop.Version
	old.heartbeat()
	assert.Contains(t, s.waits(migrations.ByLease, migrations.BySoak), "does not work with version 9")
}

func TestAnInstanceThatDoesNotSayWhatItUsesIsNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.run("mute", "build-1")
	assert.Contains(t, s.waits(migrations.ByLease, migrations.BySoak), "does not say what it uses")
}

func TestAnUnregisteredConnectionIsNamed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
	stranger := s.connect("nightly report")
	say := s.waits(migrations.ByConnection, migrations.BySoak)
	assert.Contains(t, say, "nightly report (pid ")
	assert.Contains(t, say, "user postgres, from 127.0.0.1, connected since ")
	for _, name := range []string{"", "devtrail-migrationsx", "devtrail-identity unknown"} {
		conn := s.connect(name)
		assert.Contains(t, s.waits(migrations.ByConnection, migrations.BySoak), name)
		s.disconnect(conn)
	}
	s.disconnect(stranger)
	s.waits(migrations.BySoak) // what it read is not known without pg_stat_statements
	s.age(soak)
	s.opens()
}

func TestManyStrangersAreCounted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for range 12 {
		s.connect("crowd")
	}
	assert.Contains(t, s.waits(migrations.ByConnection, migrations.BySoak), "2 more connections")
}

func TestParallelWorkersStandForTheirLeader(t *testing.T) {
	t.Parallel()
	s := setup(t)
	reader := s.run("reader", "build-2", "developers.id")
	_, err := reader.conn.Exec(t.Context(), "SET debug_parallel_query = on")
	require.NoError(t, err)
	rows, err := reader.conn.Query(t.Context(), "SELECT count(*), pg_sleep(0.2) FROM developers")
	require.NoError(t, err)
	s.waits(migrations.BySoak)
	rows.Close()
	require.NoError(t, rows.Err())
}

func TestATimeWithoutWatchIsNotKnown(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
	_, err := s.ledger.Exec(t.Context(), "UPDATE watches SET since = since - interval '1 hour', seen_at = seen_at - interval '1 hour'")
	require.NoError(t, err)
	assert.Contains(t, s.waits(migrations.BySoak), "watched without a gap since then")
}

func TestOtherObjectsBeginAnotherSoak(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
	other := drop
	other.Contract = &schema.Contract{NoReader: []string{"developers.*"}, Soak: soak}
	g, err := s.Gate(t.Context(), s.target, other)
	require.NoError(t, err)
	assert.Equal(t, migrations.GateWaiting, g.State)
}

func TestFilesThatAreNoContractsHaveNoGate(t *testing.T) {
	t.Parallel()
	g, err := gate.New(gate.Deps{}).Gate(t.Context(), migrations.Target{Name: "identity"}, schema.File{Name: "0001_init.sql"})
	require.NoError(t, err)
	assert.Equal(t, migrations.GateOpen, g.State)
}

// The judge has no clock: wherever our own stands, times are the database's. What Gate says of time is compared with the server's.
func TestTimesAreTheDatabases(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var before, after time.Time
	require.NoError(t, s.ledger.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&before))
	earliest := s.look().Earliest
	require.NoError(t, s.ledger.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&after))
	assert.False(t, earliest.Before(before.Add(soak)) || earliest.After(after.Add(soak)), earliest)
}
