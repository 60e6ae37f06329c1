package engines

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: macOS has no such signal. An orphan is stopped
// by the next start on its folder (see stopOrphan).
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// commandLine returns a process's arguments joined by spaces, "" when it is
// gone.
func commandLine(pid int) string {
	out, err := exec.Command("/bin/ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// niceSession does nothing: macOS shares processors out by threads alone.
func niceSession(int) error { return nil }
