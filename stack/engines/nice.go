package engines

import (
	"fmt"
	"runtime"
	"syscall"
)

// clickHouseNice is how nice ClickHouse is to the programs around it, as nice(1) counts: of a processor that others want as well it gets a ninth of what one of them
// gets. Blocks and merges come in bursts that take all processors for a tenth of a second; a service that acknowledges events meanwhile cannot wait for its fair share.
const clickHouseNice = 10

// beNice makes the calling thread and what it starts from now on, on macOS the process, give way to others that want the processor. The thread stays the caller's.
func beNice(nice int) error {
	runtime.LockOSThread()
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice); err != nil {
		return fmt.Errorf("give way to other processes: %w", err)
	}
	return niceSession(nice)
}
