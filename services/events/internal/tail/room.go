package tail

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"devtrail.dev/services/events"
)

// How much waits in a room to be looked at. More comes only while the machine is busy with other things.
const (
	roomEvents = 20_000
	roomBytes  = 16 << 20
)

// room is where the events of an organization with readers wait to be looked at.
type room struct {
	ended chan struct{} // closed when the last reader has left
	more  chan struct{} // holds a token when something waits

	mu      sync.Mutex
	readers map[*Reader]struct{}
	gaps    []gap  // before the lists; no more than readers, and one
	lists   []list // oldest first
	events  int    // in them
	bytes   int
	last    uint64 // number of the newest
}

// gap is events of lists that nobody looked at, one after the other.
type gap struct {
	events int
	number uint64 // of the last of the lists
}

// turn is what is looked at together, and who does.
type turn struct {
	gaps    []gap
	lists   []list
	readers []*Reader
}

// list is events that came in together.
type list struct {
	events []events.Event
	bytes  int
	number uint64
}

func newRoom() *room {
	return &room{ended: make(chan struct{}), more: make(chan struct{}, 1), readers: make(map[*Reader]struct{})}
}

// enter takes a reader in, unless there are as many as may be.
func (r *room) enter(reader *Reader) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.readers) >= maxEach {
		return false
	}
	reader.since = r.last
	r.readers[reader] = struct{}{}
	return true
}

// leave tells whether a reader was there, and whether nobody is any more.
func (r *room) leave(reader *Reader) (there, empty bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, there = r.readers[reader]
	delete(r.readers, reader)
	return there, len(r.readers) == 0
}

// put has events looked at. When more wait than may, the oldest are skipped by all readers, whatever these ask for.
func (r *room) put(of []events.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	l := list{bytes: size(of), events: of, number: r.last}
	r.lists = append(r.lists, l)
	r.events, r.bytes = r.events+len(of), r.bytes+l.bytes
	for len(r.lists) > 1 && (r.events > roomEvents || r.bytes > roomBytes) {
		oldest := r.lists[0]
		r.lists[0] = list{}
		r.lists = r.lists[1:]
		r.events, r.bytes = r.events-len(oldest.events), r.bytes-oldest.bytes
		r.pass(oldest)
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// pass leaves a list out. It is told in its turn, behind what is being looked at. Gaps are one unless somebody came in between, who is not told of the first.
func (r *room) pass(l list) {
	if n := len(r.gaps); n > 0 && !r.came(r.gaps[n-1].number, l.number) {
		r.gaps[n-1].events += len(l.events)
		r.gaps[n-1].number = l.number
		return
	}
	r.gaps = append(r.gaps, gap{events: len(l.events), number: l.number})
}

// came tells whether a reader came after a list and before another.
func (r *room) came(after, before uint64) bool {
	for reader := range r.readers {
		if after <= reader.since && reader.since < before {
			return true
		}
	}
	return false
}

// take returns all that waits, and who reads.
func (r *room) take() turn {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := turn{gaps: r.gaps, lists: r.lists, readers: make([]*Reader, 0, len(r.readers))}
	r.gaps, r.lists, r.events, r.bytes = nil, nil, 0, 0
	for reader := range r.readers {
		t.readers = append(t.readers, reader)
	}
	return t
}

// show offers what was taken to the readers.
func (t turn) show(skipped prometheus.Counter) {
	for _, g := range t.gaps {
		for _, reader := range t.readers {
			skipped.Add(float64(reader.miss(g)))
		}
	}
	for _, l := range t.lists {
		for _, reader := range t.readers {
			skipped.Add(float64(reader.offer(l)))
		}
	}
}

// run offers what waits to the readers until the last of them has left.
func (r *room) run(skipped prometheus.Counter) {
	for {
		select {
		case <-r.more:
			r.take().show(skipped)
		case <-r.ended:
			return
		}
	}
}

// size is about how much memory events hold.
func size(list []events.Event) int {
	n := 0
	for i := range list {
		n += sizeOf(&list[i])
	}
	return n
}

func sizeOf(e *events.Event) int {
	const fields = 400 // and texts that are short
	n := fields + len(e.Properties)
	for _, purl := range e.Packages {
		n += len(purl)
	}
	return n
}
