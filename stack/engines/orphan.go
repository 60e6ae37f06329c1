package engines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrphan ends a postgres that a killed owner left on the data folder. The
// caller holds the folder's lock, so nobody owns that server. On Linux the
// kernel has usually asked it to stop already (dieWithParent) and this only
// waits. A postmaster.pid without its process is left to postgres, which
// knows a stale one.
func stopOrphan(ctx context.Context, dataDir string) error {
	pid, err := postmasterPid(dataDir)
	if err != nil || pid == 0 {
		return err
	}
	if alive(pid) && !isPostmaster(pid, dataDir) {
		return disownPid(dataDir)
	}
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, 10 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		if !isPostmaster(pid, dataDir) {
			return nil
		}
		if err := syscall.Kill(pid, step.sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the PostgreSQL that was left on %s (process %d): %w", dataDir, pid, err)
		}
		if err := awaitGone(ctx, pid, dataDir, step.wait); err != nil {
			return err
		}
	}
	if isPostmaster(pid, dataDir) {
		return fmt.Errorf("the PostgreSQL that was left on %s (process %d) does not end", dataDir, pid)
	}
	return nil
}

// awaitStatus waits for a ClickHouse that ends because its owner was killed:
// until it has ended it holds a lock on the file status of its data folder, and
// makes folders there anew.
func awaitStatus(ctx context.Context, dataDir string) error {
	path := filepath.Join(dataDir, "status")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, stopGrace, fmt.Errorf("%w: the ClickHouse that was left on %s does not end", ErrInUse, dataDir))
	defer cancel()
	status, err := lockFile(ctx, path, exclusive)
	if err != nil {
		return err
	}
	return status.Close()
}

// noPid is above every system's largest process number.
const noPid = "999999999"

// disownPid replaces the process number in postmaster.pid, which a stranger
// has now: postgres would take it for a running server. The other lines stay,
// since they let postgres find backends that outlived their server.
func disownPid(dataDir string) error {
	path := filepath.Join(dataDir, "postmaster.pid")
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	_, rest, _ := strings.Cut(string(data), "\n")
	if err := os.WriteFile(path, []byte(noPid+"\n"+rest), 0o600); err != nil {
		return fmt.Errorf("mend postmaster.pid: %w", err)
	}
	return nil
}

// awaitGone polls until the orphan has ended, the time is over or ctx ends.
func awaitGone(ctx context.Context, pid int, dataDir string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for isPostmaster(pid, dataDir) {
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
				return cause
			}
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// postmasterPid reads the first line of postmaster.pid, 0 when there is none.
func postmasterPid(dataDir string) (int, error) {
	data, err := os.ReadFile(filepath.Join(dataDir, "postmaster.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read postmaster.pid: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err == nil && pid > 1 {
		return pid, nil
	}
	return 0, nil // half written by a killed server
}

// isPostmaster tells the server of this folder from a stranger that was given
// the same process number later.
func isPostmaster(pid int, dataDir string) bool {
	// Both the program's folder and the data folder may have blanks in their names.
	program, _, found := strings.Cut(commandLine(pid)+" ", " -D "+dataDir+" ")
	return found && filepath.Base(program) == "postgres"
}
