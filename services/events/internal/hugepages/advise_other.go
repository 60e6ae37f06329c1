//go:build !linux

package hugepages

// Advise leaves memory as it is.
func Advise([]byte) {}
