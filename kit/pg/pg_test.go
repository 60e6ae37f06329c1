package pg_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"devtrail.dev/kit/dbtest"
	"devtrail.dev/kit/fault"
	"devtrail.dev/kit/pg"
	"devtrail.dev/kit/schema"
	"devtrail.dev/kit/serve/servetest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var migrations = fstest.MapFS{
	"0001_init.sql": {Data: []byte("CREATE TABLE things (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0);")},
}

func open(t *testing.T, url string) *pgxpool.Pool {
	pool, err := pg.Open(t.Context(), url, pg.Options{ApplicationName: "pg-test", MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func things(t *testing.T) *pgxpool.Pool { return open(t, dbtest.Postgres(t, migrations)) }

func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	_, err := pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func count(t *testing.T, pool *pgxpool.Pool) (n int) {
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM things").Scan(&n))
	return n
}

func TestSession(t *testing.T) {
	pool := things(t)
	for name, want := range map[string]string{
		"TimeZone": "UTC", "application_name": "pg-test", "statement_timeout": "30s", "lock_timeout": "10s",
		"idle_in_transaction_session_timeout": "1min",
	} {
		var got string
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
		assert.Equal(t, want, got, name)
	}
	assert.EqualValues(t, 4, pool.Config().MaxConns)
}

func TestURLMayOverride(t *testing.T) {
	pool, err := pg.Open(t.Context(), "postgres://u@127.0.0.1:1/d?statement_timeout=5", pg.Options{})
	require.NoError(t, err)
	defer pool.Close()
	assert.Equal(t, "5", pool.Config().ConnConfig.RuntimeParams["statement_timeout"])
	assert.EqualValues(t, 10, pool.Config().MaxConns)
	assert.Equal(t, 5*time.Minute, pool.Config().MaxConnIdleTime)
	const shaped = "postgres://u@127.0.0.1:1/d?pool_max_conns=3&pool_max_conn_idle_time=7s"
	pool, err = pg.Open(t.Context(), shaped, pg.Options{})
	require.NoError(t, err)
	defer pool.Close()
	assert.EqualValues(t, 3, pool.Config().MaxConns)
	assert.Equal(t, 7*time.Second, pool.Config().MaxConnIdleTime)
	assert.NotContains(t, pool.Config().ConnConfig.RuntimeParams, "pool_max_conns", "the server does not know it")
	pool, err = pg.Open(t.Context(), shaped, pg.Options{MaxConns: 2})
	require.NoError(t, err)
	defer pool.Close()
	assert.EqualValues(t, 2, pool.Config().MaxConns, "who needs a number of them gets it")
	_, err = pg.Open(t.Context(), "postgres://u:secret@h:port/d", pg.Options{})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "secret")
}

func TestServerAway(t *testing.T) {
	pool := open(t, "postgres://u@"+servetest.FreeAddress(t)+"/d?sslmode=disable")
	_, err := pool.Exec(t.Context(), "SELECT 1")
	require.ErrorIs(t, pg.Fault(err), pg.ErrAway)
	require.ErrorIs(t, pg.Ready(t.Context(), pool, migrations), fault.Unavailable)
	require.ErrorIs(t, pg.InTx(t.Context(), pool, func(pgx.Tx) error { return nil }), fault.Unavailable)
}

// A server that lets us in no more, as one whose password was changed, is as good as away: callers try again.
func TestServerRefusesTheUser(t *testing.T) {
	address, err := url.Parse(dbtest.EmptyPostgres(t))
	require.NoError(t, err)
	address.User = url.UserPassword("nobody", "old")
	query := address.Query()
	query.Del("user")
	address.RawQuery = query.Encode()
	pool := open(t, address.String())
	_, err = pool.Exec(t.Context(), "SELECT 1")
	require.Equal(t, "28", pg.Code(err)[:2], "the server answered: %v", err)
	require.ErrorIs(t, pg.Fault(err), fault.Unavailable)
	require.ErrorIs(t, pg.InTx(t.Context(), pool, func(pgx.Tx) error { return nil }), fault.Unavailable)
}

func TestInTx(t *testing.T) {
	pool := things(t)
	require.NoError(t, pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO things (id) VALUES (1)")
		return err
	}))
	mine := errors.New("mine")
	require.ErrorIs(t, pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO things (id) VALUES (2)")
		return errors.Join(err, mine)
	}), mine)
	assert.Equal(t, 1, count(t, pool))
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO things (id) VALUES (1)")
		return err
	})
	require.ErrorIs(t, err, pg.ErrExists)
	require.ErrorIs(t, err, fault.Exists)
	assert.Equal(t, "23505", pg.Code(err))
	assert.NotContains(t, fault.ToStatus(err, "d").Message(), "things")
}

const raise = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '%s'; END $$"

func TestLostRacesAreRepeated(t *testing.T) {
	pool := things(t)
	for _, code := range []string{"40001", "40P01"} {
		runs := 0
		require.NoError(t, pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			if runs++; runs < 4 {
				_, err := tx.Exec(t.Context(), fmt.Sprintf(raise, code))
				return fmt.Errorf("work: %w", err)
			}
			return nil
		}))
		assert.Equal(t, 4, runs)
		runs = 0
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			runs++
			_, err := tx.Exec(t.Context(), fmt.Sprintf(raise, code))
			return err
		})
		require.ErrorIs(t, err, fault.Conflict)
		assert.Equal(t, 5, runs)
	}
}

func TestRealDeadlockIsSolved(t *testing.T) {
	pool := things(t)
	exec(t, pool, "INSERT INTO things (id) VALUES (1), (2)")
	var wg sync.WaitGroup
	var both sync.WaitGroup
	both.Add(2)
	for i := range 2 {
		wg.Go(func() {
			met := false
			assert.NoError(t, pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), "UPDATE things SET n = n + 1 WHERE id = $1", i+1); err != nil {
					return err
				}
				if !met {
					met = true
					both.Done()
					both.Wait()
				}
				_, err := tx.Exec(t.Context(), "UPDATE things SET n = n + 1 WHERE id = $1", 2-i)
				return err
			}))
		})
	}
	wg.Wait()
	var sum int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT sum(n)::int FROM things").Scan(&sum))
	assert.Equal(t, 4, sum)
}

func TestFault(t *testing.T) {
	pool := things(t)
	for code, want := range map[string]error{
		"23505": fault.Exists, "40001": fault.Conflict, "40P01": fault.Conflict, "57014": fault.Timeout, "55P03": fault.Timeout,
		"53300": fault.Unavailable, "57P01": fault.Unavailable, "57P03": fault.Unavailable, "08006": fault.Unavailable,
	} {
		_, err := pool.Exec(t.Context(), fmt.Sprintf(raise, code))
		require.Error(t, err)
		require.ErrorIs(t, pg.Fault(fmt.Errorf("x: %w", err)), want, code)
	}
	_, err := pool.Exec(t.Context(), "SELECT 1/0")
	assert.Equal(t, err, pg.Fault(err), "what callers cannot act on stays as it is")
	assert.Equal(t, fault.Internal, fault.KindOf(err))
	for _, err := range []error{nil, pgx.ErrNoRows, fault.New(fault.Denied, "R", "m"), context.Canceled} {
		assert.Equal(t, err, pg.Fault(err))
	}
	assert.Empty(t, pg.Code(context.Canceled))
}

// What passes by itself on a service's own database is a failure of a migration.
func TestServiceFault(t *testing.T) {
	pool := things(t)
	for _, code := range []string{"42P01", "25006", "53100"} {
		_, err := pool.Exec(t.Context(), fmt.Sprintf(raise, code))
		require.ErrorIs(t, pg.ServiceFault(fmt.Errorf("x: %w", err)), pg.ErrAway, code)
		require.NotErrorIs(t, pg.Fault(err), pg.ErrAway, code)
	}
	_, err := pool.Exec(t.Context(), fmt.Sprintf(raise, "23505"))
	require.ErrorIs(t, pg.ServiceFault(err), pg.ErrExists)
	require.NoError(t, pg.ServiceFault(nil))
}

func TestCallersDeadlineIsNotAnOutage(t *testing.T) {
	pool := things(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := pool.Exec(ctx, "SELECT pg_sleep(30)")
	require.ErrorIs(t, pg.Fault(err), context.DeadlineExceeded)
	assert.Equal(t, fault.Timeout, fault.KindOf(pg.Fault(err)))
}

func TestConnectionEndedByTheServer(t *testing.T) {
	pool := things(t)
	other, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer other.Release()
	exec(t, pool, "SELECT pg_terminate_backend($1::int)", other.Conn().PgConn().PID())
	_, err = other.Exec(t.Context(), "SELECT 1")
	require.ErrorIs(t, pg.Fault(err), fault.Unavailable)
}

func TestApplied(t *testing.T) {
	empty := dbtest.EmptyPostgres(t)
	applied, err := pg.Applied(t.Context(), open(t, empty))
	require.NoError(t, err)
	assert.Empty(t, applied, "no history table")
	applied, err = pg.Applied(t.Context(), open(t, strings.Replace(empty, "?", "_absent?", 1)+absent(empty)))
	require.NoError(t, err)
	assert.Empty(t, applied, "no database")
	files, err := schema.Files(migrations)
	require.NoError(t, err)
	applied, err = pg.Applied(t.Context(), things(t))
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{1: files[0].Checksum}, applied)
}

// absent is what makes the URL of a database without query name another database.
func absent(url string) string {
	if strings.Contains(url, "?") {
		return ""
	}
	return "_absent"
}

func TestReady(t *testing.T) {
	pool := things(t)
	require.NoError(t, pg.Ready(t.Context(), pool, migrations))
	more := fstest.MapFS{"0001_init.sql": migrations["0001_init.sql"], "0002_more.sql": {Data: []byte("SELECT 1;")}}
	err := pg.Ready(t.Context(), pool, more)
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "0002_more.sql")
	require.Error(t, pg.Ready(t.Context(), pool, fstest.MapFS{"bad.sql": {}}))
	exec(t, pool, "INSERT INTO "+schema.HistoryTable+" (version, name, checksum, duration_ms, applied_by) VALUES (9, 'x', 'y', 0, 'test')")
	require.NoError(t, pg.Ready(t.Context(), pool, migrations), "a newer database fits")
}
