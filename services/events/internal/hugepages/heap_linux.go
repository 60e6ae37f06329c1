//go:build !race

package hugepages

import (
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// ReserveHeap has the heap of the process in huge pages up to a number of bytes, and clears the heap up. Go asks for none by itself. It gives what lies at the lowest
// addresses first, so they are taken as one piece, marked, and given back before anything was written to them: that costs addresses, no memory. With GOMEMLIMIT it is half
// of that at most. It is to be called when the heap is small, once.
func ReserveHeap(bytes int) {
	bytes = int(min(int64(bytes), debug.SetMemoryLimit(-1)/2))
	if !available(bytes) {
		return
	}
	room := make([]byte, bytes)
	Advise(room)
	runtime.KeepAlive(room)
	debug.FreeOSMemory() // the runtime takes the room for memory that was used
}

// available tells whether the process may have so many bytes more: Go ends it when it may not (see ulimit -v, vm.overcommit_memory).
func available(bytes int) bool {
	memory, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	return err == nil && unix.Munmap(memory) == nil
}
