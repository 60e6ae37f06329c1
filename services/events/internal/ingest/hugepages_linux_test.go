package ingest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestPagesOfIDsAreInHugePages looks up what the kernel knows of the memory in the middle of a slab.
func TestPagesOfIDsAreInHugePages(t *testing.T) {
	var s slab
	s.take()
	middle := uintptr(unsafe.Pointer(&s.fresh[slabPages/2]))
	_, err := os.Stat("/sys/kernel/mm/transparent_hugepage")
	require.Equal(t, err == nil, advised(t, middle), "the kernel has huge pages: %v", err == nil)
}

// advised tells whether huge pages are wanted at an address.
func advised(t *testing.T, address uintptr) bool {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	require.NoError(t, err)
	inside := false
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			inside = from <= address && address < to
		}
		if flags, is := strings.CutPrefix(lines.Text(), "VmFlags:"); is && inside {
			return strings.Contains(flags, " hg")
		}
	}
	return false
}
