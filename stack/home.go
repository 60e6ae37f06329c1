package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// dirName is the name of the data folder.
const dirName = ".devtrail"

// logsDir is the folder in it with a log file for each process.
const logsDir = "logs"

// queueDir is the folder in it with the events that are accepted and not yet
// in the database, by store.
const queueDir = "events-queue"

// FindDataDir returns the data folder for somebody who stands in start: the
// nearest .devtrail upwards; when there is none, .devtrail at the root of the
// Git repository, or else in start itself. It does not create it.
func FindDataDir(start string) (string, error) {
	start, err := filepath.Abs(start)
	if err != nil {
		return "", err
	}
	for _, name := range []string{dirName, ".git"} {
		for dir := start; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return filepath.Join(dir, dirName), nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return filepath.Join(start, dirName), nil
}

// home is a data folder that is ours until Close.
type home struct {
	dir     string
	lock    *os.File
	unclean bool // the last run did not stop cleanly: its processes may still be ending
}

// RunningError says that a suite runs on the data folder already.
type RunningError struct {
	DataDir string
	State   *State // nil while it starts or stops
}

// Error says where it runs.
func (e *RunningError) Error() string {
	if e.State == nil {
		return fmt.Sprintf("the suite on %s is just starting or stopping", e.DataDir)
	}
	var endpoints []string
	for name, address := range e.State.Endpoints {
		endpoints = append(endpoints, name+" "+address)
	}
	slices.Sort(endpoints)
	return fmt.Sprintf("the suite is running on %s (process %d): %s", e.DataDir, e.State.PID, strings.Join(endpoints, ", "))
}

// openHome makes the data folder when it is absent and takes its lock. The
// error is a *RunningError when another process holds it.
func openHome(dir string) (*home, error) {
	// Under root the Postgres user must be able to pass through; files that
	// hold secrets are private by themselves.
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	lock, err := tryLock(dir)
	// A moment's lock is a reader that looks whether a suite runs; see ReadState.
	for try := 0; errors.Is(err, syscall.EWOULDBLOCK) && try < 5; try++ {
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // flock knows no deadline: it is polled, five times
		lock, err = tryLock(dir)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		running := &RunningError{DataDir: dir}
		if state, err := readStateFile(dir); err == nil {
			running.State = &state
		}
		return nil, running
	}
	if err != nil {
		return nil, err
	}
	h := &home{dir: dir, lock: lock}
	if err := os.MkdirAll(h.path(logsDir), 0o700); err != nil {
		h.Close()
		return nil, fmt.Errorf("create the folder of the logs: %w", err)
	}
	return h, nil
}

func (h *home) path(elem ...string) string {
	return filepath.Join(append([]string{h.dir}, elem...)...)
}

// Close gives the folder back.
func (h *home) Close() { _ = unlock(h.lock) }

// unlock gives a lock back. A child that is being made at this moment has the
// file until its program begins: closing alone would leave it locked for as
// long.
func unlock(lock *os.File) error {
	return errors.Join(syscall.Flock(int(lock.Fd()), syscall.LOCK_UN), lock.Close())
}

// tryLock takes the folder's lock or fails with EWOULDBLOCK. The kernel gives
// it back when the process dies.
func tryLock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

func lockIsFree(dir string) (bool, error) {
	lock, err := tryLock(dir)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, unlock(lock)
}

// rootPostgresDir is where root keeps the Postgres cluster of a data folder
// that the unprivileged Postgres user cannot reach.
func rootPostgresDir(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join("/var/lib/devtrail", hex.EncodeToString(sum[:6]), "postgres")
}
