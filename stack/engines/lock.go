package engines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// lockMode is how a lock file is held.
type lockMode int

const (
	shared    lockMode = syscall.LOCK_SH
	exclusive lockMode = syscall.LOCK_EX
)

// errLocked reports that another process holds the lock.
var errLocked = errors.New("held by another process")

// lockPoll is the time between two tries. Locks are polled rather than waited
// for, because flock knows no context.
const lockPoll = 50 * time.Millisecond

// fileLock is a flock that is held. The kernel releases it when it is closed or
// the process dies; Go opens files close-on-exec, so children do not inherit it.
type fileLock struct{ file *os.File }

// Close releases the lock. A child that is being made at this moment has the
// file until its program begins, and with it would have the lock: closing alone
// would leave it locked for as long, unlocking does not.
func (l *fileLock) Close() error {
	return errors.Join(flock(l.file, syscall.LOCK_UN), l.file.Close())
}

// lockFile opens (and creates) the file and takes a flock on it, polling until
// ctx ends. A lock file may be removed by its exclusive holder: whoever waited
// on the removed file notices and opens the new one.
func lockFile(ctx context.Context, path string, mode lockMode) (*fileLock, error) {
	for {
		file, err := tryLockFile(path, mode)
		if !errors.Is(err, errLocked) {
			return file, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w: %w", path, err, context.Cause(ctx))
		case <-time.After(lockPoll):
		}
	}
}

// tryLockFile is lockFile without waiting; it returns errLocked instead.
func tryLockFile(path string, mode lockMode) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(file, int(mode)|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, &fs.PathError{Op: "flock", Path: path, Err: err}
	}
	held, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	if now, err := os.Stat(path); err != nil || !os.SameFile(held, now) {
		_ = file.Close()
		return nil, errLocked // removed while we came: the next try makes a new one
	}
	return &fileLock{file}, nil
}

func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
