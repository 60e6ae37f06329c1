package engines

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// newPostgres prepares a configured server without starting it.
func newPostgres(t *testing.T, dir string) postgres {
	t.Helper()
	cfg, err := PostgresConfig{DataDir: dir, Trust: true}.withDefaults()
	require.NoError(t, err)
	pkg, err := Install(t.Context(), Postgres, nil)
	require.NoError(t, err)
	account, err := postgresAccount()
	require.NoError(t, err)
	return postgres{PostgresConfig: cfg, account: account, bin: filepath.Join(pkg, "native", "bin")}
}

func TestPostgresStopsOrphan(t *testing.T) {
	t.Run("of the folder", func(t *testing.T) {
		p := newPostgres(t, filepath.Join(tempDir(t), "data"))
		stopsOrphan(t, p, p.DataDir)
	})
	t.Run("of a program in a folder with a blank", func(t *testing.T) {
		dir := tempDir(t)
		p := newPostgres(t, filepath.Join(dir, "data"))
		cache := filepath.Join(dir, "my cache")
		require.NoError(t, os.Symlink(filepath.Dir(p.bin), cache))
		p.bin = filepath.Join(cache, "bin")
		stopsOrphan(t, p, p.DataDir)
	})
	t.Run("of the folder by another name", func(t *testing.T) {
		dir := tempDir(t)
		link := filepath.Join(dir, "link")
		require.NoError(t, os.Symlink(dir, link))
		stopsOrphan(t, newPostgres(t, filepath.Join(dir, "data")), filepath.Join(link, "data"))
	})
}

// stopsOrphan runs p without an owner and starts a server on its folder.
func stopsOrphan(t *testing.T, p postgres, dir string) {
	t.Helper()
	require.NoError(t, p.prepare(t.Context()))
	port, err := freePort(0)
	require.NoError(t, err)
	orphan := p.command("postgres", p.arguments(port)...)
	require.NoError(t, orphan.Start())
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()
	t.Cleanup(func() { _ = orphan.Process.Kill() }) // when the test failed
	eventually(t, "the orphan is up", func() bool { return probePostgres(dir, orphan.Process.Pid) == nil })

	s, err := startKind(t.Context(), Postgres, dir, 0)
	require.NoError(t, err)
	require.NoError(t, <-ended, "the orphan ended in order")
	stop(t, s)
}

func TestPostgresIgnoresStalePid(t *testing.T) {
	dir := filepath.Join(tempDir(t), "data")
	p := newPostgres(t, dir)
	require.NoError(t, p.prepare(t.Context()))
	// Process 1 lives and is no postgres of ours.
	require.False(t, isPostmaster(1, dir))
	pidFile := filepath.Join(dir, "postmaster.pid")
	for _, content := range []string{"", "garbage\n", "999999999\n" + dir + "\n"} {
		require.NoError(t, os.WriteFile(pidFile, []byte(content), 0o600))
		require.NoError(t, stopOrphan(t.Context(), dir))
	}
	// A stranger was given the number: the other lines are kept.
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"+dir+"\n"), 0o600))
	require.NoError(t, stopOrphan(t.Context(), dir))
	mended, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	require.Equal(t, noPid+"\n"+dir+"\n", string(mended))
	require.NoError(t, p.account.own(pidFile))
	s, err := startKind(t.Context(), Postgres, dir, 0)
	require.NoError(t, err)
	stop(t, s)
}

func TestPostgresRefusesStrangeFolder(t *testing.T) {
	dir := tempDir(t)
	file := filepath.Join(dir, "photo.jpg")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := startKind(t.Context(), Postgres, dir, 0)
	require.ErrorContains(t, err, "holds no PostgreSQL cluster")
	require.FileExists(t, file)
	require.NoError(t, os.Remove(dir+".lock"))

	old := filepath.Join(dir, "old")
	require.NoError(t, os.Mkdir(old, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(old, "PG_VERSION"), []byte("16\n"), 0o600))
	_, err = startKind(t.Context(), Postgres, old, 0)
	require.ErrorContains(t, err, "made by PostgreSQL 16")
}

func TestPostgresNamesClosedFolder(t *testing.T) {
	closed := filepath.Join(tempDir(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	// The rule itself, for whoever runs the tests.
	stranger := &account{name: "nobody", uid: 65534, gid: 65534}
	err := stranger.checkReach(filepath.Join(closed, "data"))
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, closed)
	var ourselves *account
	require.NoError(t, ourselves.checkReach(filepath.Join(closed, "data")))
	if os.Geteuid() == 0 {
		_, err := startKind(t.Context(), Postgres, filepath.Join(closed, "data"), 0)
		require.ErrorIs(t, err, ErrUnreachable)
	}
}

func TestPostgresTakesEveryNameOfAFolder(t *testing.T) {
	parent := filepath.Join(tempDir(t), "a [name* with ?\\")
	require.NoError(t, os.Mkdir(parent, 0o755))
	dir := filepath.Join(parent, "data")
	half := dir + ".initdb-123"
	require.NoError(t, os.Mkdir(half, 0o700))
	s, err := startKind(t.Context(), Postgres, dir, 0)
	require.NoError(t, err)
	require.NoDirExists(t, half)
	stop(t, s)
}

func TestPostgresUsesEmptyFolderAndCleansHalfCluster(t *testing.T) {
	dir := filepath.Join(tempDir(t), "data")
	half := dir + ".initdb-123"
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(half, "data"), 0o700))
	s, err := startKind(t.Context(), Postgres, dir, 0)
	require.NoError(t, err)
	require.NoDirExists(t, half)
	require.Equal(t, "C.UTF-8", query(t, s, "SELECT datlocale FROM pg_database WHERE datname = current_database()"))
	stop(t, s)
}

func TestStartIsRetriedForPassingReasons(t *testing.T) {
	tries := 0
	failTwice := func(err error) func() (*Server, error) {
		tries = 0
		return func() (*Server, error) {
			if tries++; tries < 3 {
				return nil, err
			}
			return nil, nil
		}
	}
	taken := portTaken(1)
	_, err := retryStart(t.Context(), 0, failTwice(taken))
	require.NoError(t, err)
	_, err = retryStart(t.Context(), 5432, failTwice(taken))
	require.ErrorIs(t, err, ErrPortTaken)
	require.Equal(t, 1, tries)
	left := explainPostgres("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", 1)
	_, err = retryStart(t.Context(), 5432, failTwice(left))
	require.NoError(t, err)
}
