package torture

import (
	"math/bits"
	"sync"
)

// set is numbers of events. The zero value is empty.
type set struct{ words []uint64 }

func (s *set) add(n int) {
	for len(s.words) <= n/64 {
		s.words = append(s.words, 0)
	}
	s.words[n/64] |= 1 << (n % 64)
}

func (s *set) has(n int) bool { return n/64 < len(s.words) && s.words[n/64]>>(n%64)&1 == 1 }

func (s *set) count() int {
	count := 0
	for _, w := range s.words {
		count += bits.OnesCount64(w)
	}
	return count
}

// all yields the numbers, ascending.
func (s *set) all(yield func(int) bool) {
	for i, w := range s.words {
		for ; w != 0; w &= w - 1 {
			if !yield(i*64 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}

// record is what the clients know: which events were sent, and which of them were acknowledged.
type record struct {
	world       world
	mu          sync.Mutex
	next        int
	sent, acked set
}

// take gives out numbers of one organization that nobody had, as many as asked for or somewhat fewer, as sent.
func (r *record) take(size int) batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	size = min(size, organizationSpan-r.next%organizationSpan)
	b := batch{first: r.next, size: size, world: r.world}
	for range size {
		r.sent.add(r.next)
		r.next++
	}
	return b
}

// ack writes down that a batch was acknowledged; it returns how many of its events were not before.
func (r *record) ack(b batch) (fresh int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := b.first; n < b.first+b.size; n++ {
		if !r.acked.has(n) {
			r.acked.add(n)
			fresh++
		}
	}
	return fresh
}
