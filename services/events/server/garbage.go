package server

import "runtime/debug"

// garbagePercent is how much garbage there may be, as a share of what lives, before it is collected; Go's own is 100. Half of it is a quarter less of memory under full
// load, which costs more to come by than to clear, above all on a virtual machine whose host takes back what is free.
const garbagePercent = 50

// collectEarly has garbage of the whole process collected at garbagePercent, unless the runtime was told otherwise by GOGC.
func collectEarly(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
