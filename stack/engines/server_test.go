package engines

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

var createTable = map[Kind]string{
	ClickHouse: "CREATE TABLE kept (id Int32) ENGINE = MergeTree ORDER BY id",
	Postgres:   "CREATE TABLE kept (id int)",
}

// forEachKind runs a test on both engines.
func forEachKind(t *testing.T, test func(t *testing.T, kind Kind)) {
	for _, kind := range []Kind{Postgres, ClickHouse} {
		t.Run(string(kind), func(t *testing.T) { test(t, kind) })
	}
}

func TestServerKeepsDataOverRestart(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		dir := filepath.Join(tempDir(t), "data")
		s, err := startKind(t.Context(), kind, dir, 0)
		require.NoError(t, err)
		query(t, s, createTable[kind])
		query(t, s, "INSERT INTO kept VALUES (7)")
		stop(t, s)
		require.NoError(t, s.Stop(t.Context()), "a second stop changes nothing")

		s, err = startKind(t.Context(), kind, dir, s.Port())
		require.NoError(t, err)
		require.Equal(t, "7", query(t, s, "SELECT id FROM kept"))
		stop(t, s)
	})
}

func TestClickHouseLogsQueriesInEachOfItsLives(t *testing.T) {
	dir := filepath.Join(tempDir(t), "data")
	for range 2 {
		s, err := startKind(t.Context(), ClickHouse, dir, 0)
		require.NoError(t, err)
		query(t, s, "SYSTEM FLUSH LOGS query_log")
		require.NotEqual(t, "0", query(t, s, "SELECT count() FROM system.query_log"))
		stop(t, s)
	}
}

func TestServerSurvivesKill(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		dir := filepath.Join(tempDir(t), "data")
		s, err := startKind(t.Context(), kind, dir, 0)
		require.NoError(t, err)
		query(t, s, createTable[kind])
		query(t, s, "INSERT INTO kept VALUES (7)")

		require.NoError(t, syscall.Kill(s.Pid(), syscall.SIGKILL))
		<-s.Done()
		require.ErrorContains(t, s.Err(), "signal: killed")
		require.NoError(t, s.Stop(t.Context()))

		s, err = startKind(t.Context(), kind, dir, 0)
		require.NoError(t, err)
		require.Equal(t, "7", query(t, s, "SELECT id FROM kept"))
		stop(t, s)
	})
}

func TestServerEndsWithItsOwner(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		dir := filepath.Join(tempDir(t), "data")
		owner := startProgram(t, string(kind)+" "+dir)
		owner.kill()

		// At once: the left server is waited for or stopped.
		s, err := startKind(t.Context(), kind, dir, 0)
		require.NoError(t, err)
		stop(t, s)
	})
}

func TestServerRefusesFolderInUse(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		dir := filepath.Join(tempDir(t), "data")
		s, err := startKind(t.Context(), kind, dir, 0)
		require.NoError(t, err)
		_, err = startKind(t.Context(), kind, dir, 0)
		require.ErrorIs(t, err, ErrInUse)
		require.ErrorContains(t, err, dir)
		stop(t, s)
	})
}

func TestServerRefusesTakenPort(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		l, err := net.Listen("tcp4", address(0))
		require.NoError(t, err)
		defer l.Close()
		port := l.Addr().(*net.TCPAddr).Port
		_, err = startKind(t.Context(), kind, filepath.Join(tempDir(t), "data"), port)
		require.ErrorIs(t, err, ErrPortTaken)
		require.ErrorContains(t, err, address(port))
	})
}

// TestAServerThatAnswersInPlaceOfOursIsNotReady: a port of our choice may be
// taken by another engine before ours listens.
func TestAServerThatAnswersInPlaceOfOursIsNotReady(t *testing.T) {
	dir := tempDir(t)
	postgres, err := startKind(t.Context(), Postgres, filepath.Join(dir, "pg"), 0)
	require.NoError(t, err)
	require.NoError(t, probePostgres(filepath.Join(dir, "pg"), postgres.Pid()))
	require.ErrorContains(t, probePostgres(filepath.Join(dir, "pg"), os.Getpid()), "does not listen yet")
	stop(t, postgres)

	clickHouse, err := startKind(t.Context(), ClickHouse, filepath.Join(dir, "ch"), 0)
	require.NoError(t, err)
	require.NoError(t, probeClickHouse(t.Context(), filepath.Join(dir, "ch"), clickHouse.HTTPPort()))
	require.ErrorContains(t, probeClickHouse(t.Context(), dir, clickHouse.HTTPPort()), "another ClickHouse answers on "+address(clickHouse.HTTPPort()))
	stop(t, clickHouse)
}

func TestServerOfEachKindHasURL(t *testing.T) {
	dir := tempDir(t)
	s, err := StartPostgres(t.Context(), PostgresConfig{DataDir: filepath.Join(dir, "pg"), Settings: map[string]string{"work_mem": "8MB"}})
	require.NoError(t, err)
	password, err := os.ReadFile(filepath.Join(dir, "pg.password"))
	require.NoError(t, err)
	require.Equal(t, "postgres://postgres:"+string(password)+"@"+address(s.Port())+"/postgres?sslmode=disable", s.URL())
	info, err := os.Stat(filepath.Join(dir, "pg.password"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	_, err = queryPostgres(t.Context(), s, "SELECT 1")
	require.Error(t, err, "no entry without the password")
	stop(t, s)

	s, err = StartClickHouse(t.Context(), ClickHouseConfig{
		DataDir:     filepath.Join(dir, "ch"),
		ExtraConfig: "<macros><shard>s7</shard></macros>",
	})
	require.NoError(t, err)
	require.Equal(t, "clickhouse://default@"+address(s.Port())+"/default", s.URL())
	require.Equal(t, "s7", query(t, s, "SELECT substitution FROM system.macros WHERE macro = 'shard'"))
	stop(t, s)
}

func TestClickHouseNoticesTakenPortItself(t *testing.T) {
	log := "Code: 210. DB::NetException: Address already in use"
	l, err := net.Listen("tcp4", address(0))
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	err = explainClickHouse(log, "/data", port, 1)
	require.ErrorIs(t, err, ErrPortTaken)
	require.ErrorContains(t, err, address(port))
	require.ErrorIs(t, explainClickHouse("Code: 76. DB::Exception", "/data", 1, 2), ErrInUse)
	require.NoError(t, explainClickHouse("Code: 60", "/data", 1, 2))
}

func TestEngineProcessNeedsHook(t *testing.T) {
	hooked.Store(false)
	defer hooked.Store(true)
	_, err := StartClickHouse(t.Context(), ClickHouseConfig{DataDir: filepath.Join(tempDir(t), "data")})
	require.ErrorContains(t, err, "RunIfEngineProcess")
}

func TestLastLine(t *testing.T) {
	require.Equal(t, "it wrote nothing", lastLine(" \n"))
	require.Equal(t, "b", lastLine("a\nb\n\n"))
	require.Equal(t, "x FATAL: a", lastLineWith("x FATAL: a\nb\n", "FATAL:"))
	require.True(t, strings.HasPrefix(explainPostgres("t FATAL:  no\n", 1).Error(), "PostgreSQL ended: no"))
}
