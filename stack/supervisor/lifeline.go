package supervisor

import (
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
)

// orphanGrace is what a child has to stop in order after its supervisor was
// killed. It is short because the next `up` may wait for the ports.
const orphanGrace = 2 * time.Second

// WatchLifeline ends this process when its supervisor is gone, also after a
// kill -9, on every platform: the supervisor holds the other end of a pipe and
// the kernel closes it. The process gets SIGTERM as if it was asked to stop,
// and exits after a short grace. Without a supervisor it does nothing. Called
// once, first thing in main.
func WatchLifeline() {
	number, err := strconv.Atoi(os.Getenv(EnvLifeline))
	if err != nil {
		return
	}
	_ = os.Unsetenv(EnvLifeline) // what this process starts has no such file
	syscall.CloseOnExec(number)
	lifeline := os.NewFile(uintptr(number), "lifeline")
	// Its owner is the process itself: it ends with it.
	go func() {
		_, _ = io.Copy(io.Discard, lifeline)
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(orphanGrace) //nolint:forbidigo // the grace is the time itself: nobody is left to tell that the stop is done
		os.Exit(1)
	}()
}
