package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// halt stops processes and returns when none of their threads runs any more: until then one may be in the middle of a call, and tell others how it ended.
func halt(ctx context.Context, pids ...int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop process %d: %w", pid, err)
		}
	}
	for _, pid := range pids {
		until(ctx, patience, func() bool { return stands(pid) })
		if !stands(pid) {
			return fmt.Errorf("process %d does not stop", pid)
		}
	}
	return nil
}

// stands tells whether all threads of a process are stopped, or gone.
func stands(pid int) bool {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return false
	}
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // the thread is gone
		}
		// The state stands behind the name, which may have any characters: proc(5).
		if at := bytes.LastIndexByte(stat, ')'); at < 0 || at+2 >= len(stat) || !bytes.ContainsRune([]byte("TtZX"), rune(stat[at+2])) {
			return false
		}
	}
	return true
}
