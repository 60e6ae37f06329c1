package server

import (
	"runtime/debug"
	"sync"

	"devtrail.dev/services/events/internal/hugepages"
)

// garbagePercent is how much garbage there may be, as a share of what lives, before it is collected; Go's own is 100. Half of it is a quarter less of memory under full
// load, which costs more to come by than to clear, above all on a virtual machine whose host takes back what is free.
const garbagePercent = 50

// collectEarly has garbage of the whole process collected at garbagePercent, unless the runtime was told otherwise by GOGC.
func collectEarly(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}

// heapInHugePages is what the service takes under full load; what is beyond is in the usual ones.
const heapInHugePages = 2 << 30

// reserveHeap is done once, as the heap is the process's.
var reserveHeap = sync.OnceFunc(func() { hugepages.ReserveHeap(heapInHugePages) })
