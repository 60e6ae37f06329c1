package engines

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent makes the kernel send sig to the child when the thread that
// started it ends; the caller keeps that thread alive (see Server.run).
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// commandLine returns a process's arguments joined by spaces, "" when it is
// gone.
func commandLine(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(bytes.ReplaceAll(data, []byte{0}, []byte{' '})))
}

// niceSession makes this process's session give way to others. Outside of control groups Linux shares processors out by sessions first, and a thread is nice within its
// own session alone (sched(7), the autogroup feature).
func niceSession(nice int) error {
	err := os.WriteFile("/proc/self/autogroup", []byte(strconv.Itoa(nice)), 0)
	if errors.Is(err, fs.ErrNotExist) { // a kernel without the feature
		return nil
	}
	if err != nil {
		return fmt.Errorf("give way to other sessions: %w", err)
	}
	return nil
}
