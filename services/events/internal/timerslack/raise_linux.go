package timerslack

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// envRaised tells the program that it was started again by [Raise].
const envRaised = "DEVTRAIL_TIMER_SLACK_RAISED"

// Raise has every wait of the process end up to so much late. It is to be called first in main, on its goroutine. A thread has its slack from the one that made it, and the
// runtime's own are there before main, so the program starts once more in their place: as the same process, with its arguments, environment and open files. It does nothing
// where that may not be done, and where the slack is as large already, as TimerSlackNSec= of systemd makes it.
func Raise(slack time.Duration) {
	if _, raised := os.LookupEnv(envRaised); raised {
		_ = os.Unsetenv(envRaised) // what this process starts is another
		return
	}
	runtime.LockOSThread() // whose slack the started program has
	defer runtime.UnlockOSThread()
	before, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || before >= int(slack) {
		return
	}
	program, err := os.Executable()
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0) != nil {
		return
	}
	_ = syscall.Exec(program, os.Args, append(os.Environ(), envRaised+"=1")) // returns when it fails
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(before), 0, 0, 0)
}
