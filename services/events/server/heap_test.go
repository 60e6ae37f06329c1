package server

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestGarbageIsCollectedEarlyUnlessToldOtherwise is alone in its process while it runs, as what it sets is the process's.
func TestGarbageIsCollectedEarlyUnlessToldOtherwise(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	collectEarly(func(string) string { return "100" })
	assert.Equal(t, 100, debug.SetGCPercent(100))
	collectEarly(func(string) string { return "" })
	assert.Equal(t, garbagePercent, debug.SetGCPercent(100))
}
