package ingest

import (
	"unsafe"

	"devtrail.dev/services/events/internal/hugepages"
)

// slab hands pages out. An id belongs anywhere in all that the index holds, so each look at one is a miss of the caches; with the usual 4 KiB pages of memory it
// is one of the processor's table of them as well, which under a hypervisor costs more than the other. So pages of ids are taken from memory many at a time, and
// that is asked to be in huge pages, of which the table has enough. The zero value is ready.
type slab struct {
	fresh []page
	empty []*page // were given back
}

// slabPages is some 19 MB, of which huge pages can have all but the ends. What is not used yet takes addresses, not memory.
const slabPages = 2048

// take returns a page that is empty.
func (s *slab) take() *page {
	if n := len(s.empty); n > 0 {
		p := s.empty[n-1]
		s.empty = s.empty[:n-1]
		return p
	}
	if len(s.fresh) == 0 {
		s.fresh = make([]page, slabPages)
		hugepages.Advise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s.fresh))), len(s.fresh)*int(unsafe.Sizeof(page{}))))
	}
	p := &s.fresh[0]
	s.fresh = s.fresh[1:]
	return p
}

// give takes an empty page back. Other pages keep its memory alive anyway.
func (s *slab) give(p *page) {
	p.depth = 0
	s.empty = append(s.empty, p)
}
