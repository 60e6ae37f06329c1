package serve

import (
	"math/bits"
	"sync"

	"google.golang.org/grpc/mem"
)

var _ mem.BufferPool = (*buffers)(nil)

// buffers lends the memory of messages, in sizes of powers of two. The pool of gRPC clears all of a buffer each time that it lends it, which for large messages
// costs as much as to copy them. Here what another message left stays in it: whoever takes a buffer writes it as far as it is long, as gRPC does with what
// it reads. The zero value is ready.
type buffers struct {
	sizes [largestBuffer - smallestBuffer + 1]sync.Pool // of *[]byte
}

// The powers of two of the buffers that are kept. What is no larger than 1 KiB gRPC does not give back.
const (
	smallestBuffer = 11
	largestBuffer  = 20
)

// Get implements mem.BufferPool.
func (b *buffers) Get(length int) *[]byte {
	power := max(bits.Len(uint(max(length, 1)-1)), smallestBuffer)
	if length <= 1<<(smallestBuffer-1) || power > largestBuffer {
		fresh := make([]byte, length)
		return &fresh
	}
	if kept, ok := b.sizes[power-smallestBuffer].Get().(*[]byte); ok {
		*kept = (*kept)[:length]
		return kept
	}
	fresh := make([]byte, length, 1<<power)
	return &fresh
}

// Put implements mem.BufferPool. What has another capacity than Get gives is left to the collector.
func (b *buffers) Put(buffer *[]byte) {
	power := bits.Len(uint(cap(*buffer))) - 1
	if power < smallestBuffer || power > largestBuffer || cap(*buffer) != 1<<power {
		return
	}
	b.sizes[power-smallestBuffer].Put(buffer)
}
