//go:build linux

// Package hugepagestest asks the kernel which memory is to be in huge pages.
package hugepagestest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// Supported tells whether the kernel has huge pages for who asks.
func Supported() bool {
	_, err := os.Stat("/sys/kernel/mm/transparent_hugepage")
	return err == nil
}

// Advised tells whether huge pages are wanted in the middle of memory.
func Advised(t testing.TB, memory []byte) bool {
	t.Helper()
	address := uintptr(unsafe.Pointer(&memory[len(memory)/2]))
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
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
