package ingest

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"devtrail.dev/services/events/internal/hugepages/hugepagestest"
)

// TestPagesOfIDsAreInHugePages looks up what the kernel knows of the memory of a slab.
func TestPagesOfIDsAreInHugePages(t *testing.T) {
	var s slab
	s.take()
	memory := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s.fresh))), len(s.fresh)*int(unsafe.Sizeof(page{})))
	require.Equal(t, hugepagestest.Supported(), hugepagestest.Advised(t, memory), "the kernel has huge pages: %v", hugepagestest.Supported())
}
