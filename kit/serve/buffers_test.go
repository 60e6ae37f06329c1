package serve

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBuffersAreAsLongAsAsked(t *testing.T) {
	t.Parallel()
	var pool buffers
	for range 2 { // fresh, and lent again
		for _, length := range []int{0, 1, 1023, 1024, 1025, 16 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5 << 20} {
			buffer := pool.Get(length)
			require.Len(t, *buffer, length)
			clear(*buffer)
			*buffer = (*buffer)[:length/2] // as much as was written
			pool.Put(buffer)
		}
	}
}

// Memory that is not of the pool must not be lent as if it had the room.
func TestBuffersOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	var pool buffers
	for _, capacity := range []int{0, 100, 1 << 9, 1500, 3 << 10, 1<<20 + 5, 1 << 21} {
		other := make([]byte, capacity)
		pool.Put(&other)
	}
	for _, length := range []int{1, 1024, 1 << 11, 1 << 20} {
		require.Len(t, *pool.Get(length), length)
	}
}
