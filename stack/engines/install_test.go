package engines

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// standIn puts an npm on PATH that writes a line per call to the returned
// file and then runs the shell script, and gives the test an empty cache.
func standIn(t *testing.T, script string) (cache, calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$@\" >> " + calls + "\n" + script + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "npm"), []byte(text), 0o755))
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	cache = filepath.Join(dir, "cache")
	t.Setenv(EnvCacheDir, cache)
	return cache, calls
}

// installScript does what npm does with the Postgres package of this platform.
func installScript(t *testing.T) string {
	t.Helper()
	pkg, err := packageFor(Postgres, runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	dir := "node_modules/" + pkg.name + "/native"
	return "test -f package-lock.json || exit 1\nmkdir -p " + dir + "/lib\n" +
		`echo '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]' > ` + dir + "/pg-symlinks.json\n" +
		"echo elf > " + dir + "/lib/libpq.so.5.18"
}

func TestInstallRunsNPMOnce(t *testing.T) {
	cache, calls := standIn(t, installScript(t))
	left := filepath.Join(cache, "postgres-"+pinHash(Postgres)+".tmp-1")
	require.NoError(t, os.MkdirAll(left, 0o755))
	var wg sync.WaitGroup
	dirs := make([]string, 4)
	errs := make([]error, 4)
	for i := range dirs {
		wg.Go(func() { dirs[i], errs[i] = Install(t.Context(), Postgres, nil) })
	}
	wg.Wait()
	for i := range dirs {
		require.NoError(t, errs[i])
		require.Equal(t, dirs[0], dirs[i])
	}
	data, err := os.ReadFile(calls)
	require.NoError(t, err)
	require.Equal(t, "ci --ignore-scripts --no-audit --no-fund --loglevel=error\n", string(data))
	require.NoDirExists(t, left, "what a killed fetch left is removed")

	lib, err := os.ReadFile(filepath.Join(dirs[0], "native", "lib", "libpq.so"))
	require.NoError(t, err)
	require.Equal(t, "elf\n", string(lib), "the link leads to its library")

	var progress strings.Builder
	t.Setenv("PATH", "/nowhere")
	_, err = Install(t.Context(), Postgres, &progress)
	require.NoError(t, err, "a present engine needs no npm")
	require.Empty(t, progress.String())
}

func TestInstallSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"disk", "echo 'npm error code ENOSPC' >&2; exit 1", "no disk space"},
		{"network", "echo 'npm error code ENOTFOUND' >&2; exit 1", "registry cannot be reached"},
		{"hash", "echo 'npm error code EINTEGRITY' >&2; exit 1", "differs from its pinned hash"},
		{"version", "echo 'npm error code E404' >&2; echo 'npm error 404 gone' >&2; exit 1", "404 gone"},
		{"other", "echo 'npm error odd' >&2; exit 3", "npm ci failed (exit status 3): odd"},
		{"platform", "exit 0", "installed nothing for this platform"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cache, _ := standIn(t, c.script)
			_, err := Install(t.Context(), ClickHouse, nil)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n")
			left, err := filepath.Glob(filepath.Join(cache, "clickhouse-*"))
			require.NoError(t, err)
			require.Empty(t, left, "nothing half done is left")
		})
	}
	t.Run("npm", func(t *testing.T) {
		standIn(t, "")
		t.Setenv("PATH", "/nowhere")
		_, err := Install(t.Context(), Postgres, nil)
		require.ErrorContains(t, err, "npm is not on PATH")
	})
}

func TestInstallStopsWithContext(t *testing.T) {
	cache, _ := standIn(t, "exec sleep 600")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := Install(ctx, Postgres, nil)
		done <- err
	}()
	eventually(t, "npm runs", func() bool {
		temp, err := filepath.Glob(filepath.Join(cache, "*.tmp-*", "package-lock.json"))
		return err == nil && len(temp) == 1
	})
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

func TestPinsNameEveryPlatform(t *testing.T) {
	for _, kind := range []Kind{Postgres, ClickHouse} {
		for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"} {
			goos, goarch, _ := strings.Cut(platform, "/")
			pkg, err := packageFor(kind, goos, goarch)
			require.NoError(t, err)
			require.NotEmpty(t, pkg.version)
		}
	}
	_, err := packageFor(Postgres, "windows", "amd64")
	require.ErrorContains(t, err, "windows/amd64")
}

func TestPinsHoldNoAddresses(t *testing.T) {
	for _, kind := range []Kind{Postgres, ClickHouse} {
		data, err := pins.ReadFile("npm/" + string(kind) + "/package-lock.json")
		require.NoError(t, err)
		require.NotContains(t, string(data), "resolved")
		require.True(t, json.Valid(data))
	}
}

func TestCacheDir(t *testing.T) {
	t.Setenv(EnvCacheDir, "/some/where")
	dir, err := CacheDir()
	require.NoError(t, err)
	require.Equal(t, "/some/where", dir)
	t.Setenv(EnvCacheDir, "")
	dir, err = CacheDir()
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(dir, filepath.Join("devtrail", "engines")), dir)
}

func TestSymlinksStayInPackage(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, hydrateSymlinks(dir), "a package without a list has no links")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "native"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "native", "pg-symlinks.json"),
		[]byte(`[{"source":"../../etc/passwd","target":"native/x"}]`), 0o600))
	require.ErrorContains(t, hydrateSymlinks(dir), "leaves the package")
}
