//go:build !race

package hugepages_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/hugepages"
	"devtrail.dev/services/events/internal/hugepages/hugepagestest"
)

// TestTheHeapIsInHugePages asks the kernel before and after.
func TestTheHeapIsInHugePages(t *testing.T) {
	before := take()
	require.False(t, hugepagestest.Advised(t, before), "Go asks for none by itself")
	hugepages.ReserveHeap(1 << 30)
	require.Equal(t, hugepagestest.Supported(), hugepagestest.Advised(t, take()), "the kernel has huge pages: %v", hugepagestest.Supported())
	runtime.KeepAlive(before) // or the second would lie there
	require.Less(t, resident(t), 1<<29, "what is reserved takes addresses, no memory")
}

// TestAHeapThatMayNotBeReservedIsLeft does not end the process.
func TestAHeapThatMayNotBeReservedIsLeft(t *testing.T) {
	hugepages.ReserveHeap(1 << 60)
	limit := debug.SetMemoryLimit(64 << 20)
	defer debug.SetMemoryLimit(limit)
	hugepages.ReserveHeap(1 << 60)
	require.Less(t, resident(t), 1<<29)
}

// take returns memory of the heap.
func take() []byte { return make([]byte, 32<<20) }

// resident is how many bytes of memory the process has.
func resident(t *testing.T) int {
	t.Helper()
	var pages, resident int
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	_, err = fmt.Sscan(string(statm), &pages, &resident)
	require.NoError(t, err)
	return resident * os.Getpagesize()
}
