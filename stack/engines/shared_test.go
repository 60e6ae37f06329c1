package engines

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ownTemp gives the test a temporary folder of its own, so that its shared
// servers are not those of other tests running now.
func ownTemp(t *testing.T, grace string) string {
	t.Helper()
	dir := tempDir(t)
	t.Setenv("TMPDIR", dir)
	t.Setenv(EnvTestGrace, grace)
	t.Setenv(EnvTestPostgresURL, "")
	t.Setenv(EnvTestClickHouseURL, "")
	return dir
}

// everythingGone is true when a keeper has ended and left nothing.
func everythingGone(dir string) func() bool {
	return func() bool {
		entries, err := os.ReadDir(dir)
		return err == nil && len(entries) == 0
	}
}

func TestSharedIsOneServerForAllProcesses(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		dir := ownTemp(t, "300ms")
		first := startProgram(t, "share "+string(kind))
		second := startProgram(t, "share "+string(kind))
		require.Equal(t, first.url, second.url)

		// It outlives whoever started it, even by kill -9.
		first.kill()
		lease, err := Shared(t.Context(), kind)
		require.NoError(t, err)
		require.Equal(t, second.url, lease.URL())
		second.end(t)
		lease.Release()
		eventually(t, "the server is gone after the grace period", everythingGone(dir))
	})
}

func TestSharedStartsOnceUnderConcurrency(t *testing.T) {
	dir := ownTemp(t, "300ms")
	urls := make(chan string, 8)
	for range cap(urls) {
		go func() {
			lease, err := Shared(t.Context(), Postgres)
			if err != nil {
				urls <- err.Error()
				return
			}
			urls <- lease.URL()
			lease.Release()
		}()
	}
	first := <-urls
	require.Contains(t, first, "postgres://")
	for range cap(urls) - 1 {
		require.Equal(t, first, <-urls)
	}
	eventually(t, "the server is gone", everythingGone(dir))
}

func TestSharedRecoversFromDeadKeeper(t *testing.T) {
	forEachKind(t, func(t *testing.T, kind Kind) {
		dir := ownTemp(t, "300ms")
		lease, err := Shared(t.Context(), kind)
		require.NoError(t, err)
		dead := killKeeper(t, dir)

		again, err := Shared(t.Context(), kind)
		require.NoError(t, err)
		left, err := filepath.Glob(filepath.Join(dir, "*", "*", "data-*[0-9]"))
		require.NoError(t, err)
		require.Len(t, left, 1, "the dead keeper's data is gone")
		require.NotEqual(t, dead, left[0])
		again.Release()
		lease.Release()
		eventually(t, "the server is gone", everythingGone(dir))
	})
}

// killKeeper finds the keeper by the name of its data folder, which it returns.
func killKeeper(t *testing.T, dir string) string {
	t.Helper()
	data, err := filepath.Glob(filepath.Join(dir, "*", "*", "data-*[0-9]"))
	require.NoError(t, err)
	require.Len(t, data, 1)
	pid := atoi(t, filepath.Base(data[0])[len("data-"):])
	require.Contains(t, commandLine(pid), "devtrail-keeper")
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	lock, err := lockFile(t.Context(), filepath.Join(filepath.Dir(data[0]), "keeper.lock"), exclusive)
	require.NoError(t, err, "the kernel has released what the keeper held")
	lock.Close()
	return data[0]
}

// TestTheLeaseGoesLast has files that lie before the lease and behind it, however the folder is sorted: a newcomer who came in
// while they go would wait on a start.lock, or hold one, that the next newcomer does not find.
func TestTheLeaseGoesLast(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "base", "shared")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	for n := range 1001 {
		name := strconv.Itoa(n)
		if n == 500 {
			name = "lease"
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	left := make(chan error, 1)
	go func() { left <- leaveShared(dir) }()
	for {
		if _, err := os.Stat(filepath.Join(dir, "lease")); err != nil {
			break
		}
	}
	entries, err := os.ReadDir(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	require.Empty(t, entries)
	require.NoError(t, <-left)
	require.NoDirExists(t, filepath.Dir(dir))
}

// Whoever empties the temporary folder leaves the keeper without users for ever: nobody finds its server again.
func TestAKeeperWhoseFolderIsGoneEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	task := keeperTask{Dir: filepath.Join(t.TempDir(), "gone"), Grace: time.Millisecond, Kind: ClickHouse}
	require.Nil(t, task.keep(ctx, &Server{done: make(chan struct{})}))
	require.NoError(t, ctx.Err(), "it ended by itself")
}

func TestSharedUsesServerOfTheUser(t *testing.T) {
	t.Setenv(EnvTestPostgresURL, "postgres://me@db.example/x")
	lease, err := Shared(t.Context(), Postgres)
	require.NoError(t, err)
	require.Equal(t, "postgres://me@db.example/x", lease.URL())
	lease.Release()
}

func TestSharedRefusesForeignFolder(t *testing.T) {
	dir := ownTemp(t, "300ms")
	base := filepath.Join(dir, filepath.Base(sharedBase()))
	require.NoError(t, os.Mkdir(base, 0o700))
	require.NoError(t, os.Chmod(base, 0o777))
	_, err := Shared(t.Context(), Postgres)
	require.ErrorContains(t, err, "not a folder of ours alone")
}

func TestSharedRefusesBadGrace(t *testing.T) {
	ownTemp(t, "soon")
	_, err := Shared(t.Context(), Postgres)
	require.ErrorContains(t, err, EnvTestGrace)
}
