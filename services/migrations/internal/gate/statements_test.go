package gate_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/schema"
	"devtrail.dev/services/migrations"
	ledgermigrations "devtrail.dev/services/migrations/migrations"
	"devtrail.dev/stack/engines"
)

// server starts a Postgres of the test's own, with settings that the shared one has not.
func server(t *testing.T, settings map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		require.NoError(t, os.Chmod(d, 0o755)) // the server may run as another user
	}
	s, err := engines.StartPostgres(t.Context(), engines.PostgresConfig{DataDir: filepath.Join(dir, "data"), Settings: settings, Trust: true, MaxConnections: 40})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
	})
	return s.URL()
}

// databaseOn makes a database of the server with the statements run, and returns its URL.
func databaseOn(t *testing.T, server, name string, sql ...string) string {
	t.Helper()
	run := func(address string, statements ...string) {
		conn, err := pgx.Connect(t.Context(), address)
		require.NoError(t, err)
		for _, statement := range statements {
			_, err := conn.Exec(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		require.NoError(t, conn.Close(t.Context()))
	}
	run(server, "CREATE DATABASE "+name)
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = "/" + name
	run(u.String(), sql...)
	control, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer func() { require.NoError(t, control.Close(context.WithoutCancel(t.Context()))) }()
	require.Eventually(t, func() bool { // a connection that is closed is listed until its process has ended
		var left int
		require.NoError(t, control.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name).Scan(&left))
		return left == 0
	}, time.Minute, 5*time.Millisecond)
	return u.String()
}

func ledgerSQL(t *testing.T) []string {
	t.Helper()
	files, err := schema.Files(ledgermigrations.FS)
	require.NoError(t, err)
	var all []string
	for _, f := range files {
		all = append(all, f.SQL)
	}
	return all
}

// statementsSite is a site on a server that counts statements.
func statementsSite(t *testing.T) *site {
	t.Helper()
	address := server(t, map[string]string{
		"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "100", "wal_level": "replica", "max_wal_senders": "4",
	})
	init := string(files["0001_init.sql"].Data)
	s := open(t, address, databaseOn(t, address, "ledger", ledgerSQL(t)...), databaseOn(t, address, "identity", init, "CREATE EXTENSION pg_stat_statements"))
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
	return s
}

func TestStatementsThatRanAreNamed(t *testing.T) {
	t.Parallel()
	s := statementsSite(t)
	// A connection that has come and gone, under the name of an instance whose list lacks the column: the list is wrong, and the database knows.
	liar := s.run("liar", "build-2", "developers.id")
	ask := func(sql string) {
		_, err := liar.conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	for _, harmless := range []string{
		"SELECT id, name FROM developers", "SELECT count(*) FROM developers", "INSERT INTO developers (id, name) VALUES (1, 'nickname')",
		"CREATE TEMP TABLE others (nickname text)", "SELECT nickname FROM others", "ANALYZE developers",
	} {
		ask(harmless)
		s.opens()
	}
	for _, use := range []string{
		"SELECT nickname FROM developers WHERE id = 1", "SELECT * FROM developers", "UPDATE developers SET nickname = 'x'",
		"INSERT INTO developers VALUES (2, 'a', 'b')", "WITH d AS (SELECT * FROM developers) SELECT id FROM d",
	} {
		ask(use)
		say := s.waits(migrations.ByStatements, migrations.BySoak)
		assert.Contains(t, say, "user postgres ran", use)
		first, _, _ := strings.Cut(use, " 'x'")
		assert.Contains(t, say, strings.Fields(first)[0])
		s.age(soak)
		s.opens() // nothing was used since
	}
	ask("SELECT nickname FROM developers WHERE id = 1") // known already, called once more
	s.waits(migrations.ByStatements, migrations.BySoak)
	s.waits(migrations.ByStatements, migrations.BySoak) // also at the next look
}

func TestWithStatementsStrangersThatLeftAreKnownByWhatTheyRan(t *testing.T) {
	t.Parallel()
	s := statementsSite(t)
	stranger := s.connect("psql")
	_, err := stranger.Exec(t.Context(), "SELECT name FROM developers")
	require.NoError(t, err)
	assert.Contains(t, s.waits(migrations.ByConnection), "psql")
	s.disconnect(stranger)
	s.opens()
	_, err = s.ledger.Exec(t.Context(), "UPDATE watches SET since = since - interval '1 hour', seen_at = seen_at - interval '1 hour'")
	require.NoError(t, err)
	s.opens() // a gap in the watch is covered, too
}

func TestStatisticsThatForgotAreNotKnown(t *testing.T) {
	t.Parallel()
	s := statementsSite(t)
	reader := s.connect("devtrail-migrations test")
	_, err := reader.Exec(t.Context(), "SELECT pg_stat_statements_reset()")
	require.NoError(t, err)
	assert.Contains(t, s.waits(migrations.ByStatements, migrations.BySoak), "pg_stat_statements was reset at")
	s.age(soak)
	s.opens()
	// More kinds of statements than it has room for.
	for i := range 150 {
		_, err := reader.Exec(t.Context(), "SELECT 1 AS "+strings.Repeat("a", i/26+1)+string(rune('a'+i%26))+", "+strings.Repeat("1, ", i)+"1")
		require.NoError(t, err)
	}
	assert.Contains(t, s.waits(migrations.ByStatements, migrations.BySoak), "dropped statements")
}

func TestReceiversOfTheLogAreNamed(t *testing.T) {
	t.Parallel()
	s := statementsSite(t)
	cfg, err := pgx.ParseConfig(s.url)
	require.NoError(t, err)
	cfg.RuntimeParams["replication"] = "true"
	cfg.RuntimeParams["application_name"] = "standby_a"
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	say := s.waits(migrations.ByConnection)
	assert.Contains(t, say, "standby_a (walsender pid")
	assert.Contains(t, say, "MIGRATIONS_STANDBYS")
	s.trust("standby_a")
	s.opens()
	s.trust()

	// A logical one is connected to the database and reads its tables.
	cfg.RuntimeParams["replication"] = "database"
	cfg.RuntimeParams["application_name"] = "copy"
	logical, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	s.trust("standby_a", "copy")
	assert.Contains(t, s.waits(migrations.ByConnection), "copy (walsender pid")
	require.NoError(t, logical.Close(t.Context()))
}

// A role that may not see others' connections is told so.
func TestARoleThatSeesNothingKeepsTheGateClosed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.waits(migrations.BySoak)
	s.age(soak)
	s.opens()
	name := dbtest.Name(t)
	_, err := s.ledger.Exec(t.Context(), "CREATE ROLE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := s.ledger.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+name+"; DROP ROLE "+name)
		require.NoError(t, err)
	})
	_, err = s.ledger.Exec(t.Context(), "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+name)
	require.NoError(t, err)
	s.as(name)
	assert.Contains(t, s.waits(migrations.ByConnection), "GRANT pg_read_all_stats")
}
