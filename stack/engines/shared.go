package engines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Environment variables of shared servers. A URL names a server of the user's
// own, which is used instead of an embedded one.
const (
	EnvTestClickHouseURL = "DEVTRAIL_TEST_CLICKHOUSE_URL"
	EnvTestGrace         = "DEVTRAIL_TEST_GRACE"
	EnvTestPostgresURL   = "DEVTRAIL_TEST_POSTGRES_URL"
)

// defaultGrace is how long a shared server outlives its last lease: `go test`
// compiles the next package meanwhile.
const defaultGrace = 15 * time.Second

// Lease is the right to use a shared server. The server stays while any
// process holds a lease on it; the death of the process releases it too.
type Lease struct {
	lock *fileLock // nil for a server of the user's own
	url  string
}

// URL returns the administrator's address of the server.
func (l *Lease) URL() string { return l.url }

// Release gives the lease back. The URL must not be used afterwards.
func (l *Lease) Release() {
	if l.lock != nil {
		_ = l.lock.Close()
	}
}

// Shared returns a lease on the one server of this kind that all test
// processes of this user share; the first caller starts it. Its data is lost
// at a crash and deleted when nobody has held a lease for 15 seconds (or
// DEVTRAIL_TEST_GRACE, a Go duration).
//
// The server belongs to a keeper: a detached process of this executable, so
// the program must have called RunIfEngineProcess. All processes agree through
// one folder per kind below the temporary folder:
//
//	lease        users hold it shared, the keeper takes it exclusively to end
//	start.lock   held while somebody looks for the server or starts it
//	keeper.lock  held by the keeper for its life
//	state.json   the server's address, written by the keeper when it is ready
//	keeper.log, data-*/
func Shared(ctx context.Context, kind Kind) (*Lease, error) {
	if url := os.Getenv(envTestURL(kind)); url != "" {
		return &Lease{url: url}, nil
	}
	grace, err := graceFromEnv()
	if err != nil {
		return nil, err
	}
	// Here rather than in the keeper: progress goes to the person who waits.
	if _, err := Install(ctx, kind, os.Stderr); err != nil {
		return nil, err
	}
	dir, lease, err := enterShared(ctx, kind)
	if err != nil {
		return nil, fmt.Errorf("share a %s: %w", kind.title(), err)
	}
	url, err := sharedURL(ctx, kind, dir, grace)
	if err != nil {
		_ = lease.Close()
		return nil, fmt.Errorf("share a %s: %w", kind.title(), err)
	}
	return &Lease{lock: lease, url: url}, nil
}

func envTestURL(kind Kind) string {
	if kind == Postgres {
		return EnvTestPostgresURL
	}
	return EnvTestClickHouseURL
}

func graceFromEnv() (time.Duration, error) {
	text := os.Getenv(EnvTestGrace)
	if text == "" {
		return defaultGrace, nil
	}
	grace, err := time.ParseDuration(text)
	if err != nil || grace <= 0 {
		return 0, fmt.Errorf("%s %q is not a positive duration such as 15s", EnvTestGrace, text)
	}
	return grace, nil
}

// enterShared makes the folder and takes the lease shared. An ending keeper
// removes both at any time before, so it tries until ctx ends.
func enterShared(ctx context.Context, kind Kind) (string, *fileLock, error) {
	base := sharedBase()
	dir := filepath.Join(base, string(kind)+"-"+pinHash(kind))
	for {
		if err := makeSharedBase(base); err != nil {
			return "", nil, err
		}
		err := os.Mkdir(dir, sharedMode())
		if err == nil || errors.Is(err, fs.ErrExist) {
			var lease *fileLock
			lease, err = lockFile(ctx, filepath.Join(dir, "lease"), shared)
			if err == nil {
				return dir, lease, nil
			}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, err
		}
	}
}

// sharedBase is this user's folder below the temporary folder.
func sharedBase() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("devtrail-engines-%d", os.Geteuid()))
}

// sharedMode lets user nobody pass through to the data when we are root, and
// nobody else in at all otherwise.
func sharedMode() os.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}

// makeSharedBase refuses a folder that somebody else made under our name in
// the temporary folder, where everybody may write.
func makeSharedBase(base string) error {
	if err := os.Mkdir(base, sharedMode()); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(base)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // just removed by an ending keeper: the caller tries again
		}
		return err
	}
	if st := info.Sys().(*syscall.Stat_t); !info.IsDir() || int(st.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s exists and is not a folder of ours alone: remove it", base)
	}
	return nil
}

// sharedURL finds the running server or starts a keeper. The caller holds the
// lease, so the folder stays.
func sharedURL(ctx context.Context, kind Kind, dir string, grace time.Duration) (string, error) {
	starting, err := lockFile(ctx, filepath.Join(dir, "start.lock"), exclusive)
	if err != nil {
		return "", fmt.Errorf("wait for another start: %w", err)
	}
	defer starting.Close()
	for {
		keeper, err := tryLockFile(filepath.Join(dir, "keeper.lock"), exclusive)
		if err == nil {
			// No keeper lives: what it left is ours to clean.
			err = cleanShared(ctx, dir)
			_ = keeper.Close()
			if err != nil {
				return "", err
			}
			return startKeeper(ctx, kind, dir, grace)
		}
		if !errors.Is(err, errLocked) {
			return "", err
		}
		if url, err := readState(dir); err == nil {
			return url, nil
		}
		// A keeper whose server ended is on its way out.
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}

// sharedState is the content of state.json.
type sharedState struct {
	URL string `json:"url"`
}

func readState(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "state.json"))
	if err != nil {
		return "", err
	}
	var state sharedState
	if err := json.Unmarshal(data, &state); err != nil {
		return "", err
	}
	if state.URL == "" {
		return "", errors.New("no url")
	}
	return state.URL, nil
}
