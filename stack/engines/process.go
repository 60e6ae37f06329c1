package engines

import (
	"errors"
	"syscall"
)

// ownGroup gives a child a process group of its own, so that Ctrl-C in a
// terminal reaches us alone and children are stopped in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// ownSession is ownGroup for a child that is a party of its own where the kernel shares processors out by sessions.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// killGroup kills a child started with ownGroup or ownSession and its children.
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// alive reports whether a process with this number exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
