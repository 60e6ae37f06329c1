package ingest

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of the pages of memory that a processor maps at once.
const hugePage = 2 << 20

// wantHugePages asks for huge pages where memory that nothing was written to has room for them. Where there are none (see transparent_hugepage of the kernel),
// all works as it does with others.
func wantHugePages(memory []byte) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	before := int(-start % hugePage)
	if whole := (len(memory) - before) / hugePage * hugePage; whole > 0 {
		_ = unix.Madvise(memory[before:before+whole], unix.MADV_HUGEPAGE) // a kernel without them says so
	}
}
