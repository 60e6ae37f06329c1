package hugepages

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// size is the size of a huge page.
const size = 2 << 20

// Advise asks for huge pages where memory that nothing was written to has room for them.
func Advise(memory []byte) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	before := int(-start % size)
	if whole := (len(memory) - before) / size * size; whole > 0 {
		_ = unix.Madvise(memory[before:before+whole], unix.MADV_HUGEPAGE) // a kernel without them says so
	}
}
