package tail

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// How much waits for a reader before the oldest of it is skipped.
const (
	readerEvents = 1000
	readerBytes  = 8 << 20
)

// Reader is one who watches.
type Reader struct {
	hub          *Hub
	organization uuid.UUID
	since        uint64        // the list after which it reads; of its room
	more         chan struct{} // holds a token when something waits

	mu      sync.Mutex
	filter  events.Filter
	waiting []events.Event // oldest first
	bytes   int            // of them
	holes   []hole         // in what waits, from the oldest on
}

// hole is events that are missing before the event at a place of what waits, or behind the last.
type hole struct {
	at      int
	skipped int64
}

// Filter changes what is asked for, from the next event on.
func (r *Reader) Filter(filter events.Filter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.filter = filter
}

// offer keeps what matches and returns how many older ones had to go.
func (r *Reader) offer(l list) (skipped int) {
	if l.number <= r.since {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range l.events {
		if e := &l.events[i]; r.filter.Matches(*e) {
			r.waiting, r.bytes = append(r.waiting, owned(*e)), r.bytes+sizeOf(e)
		}
	}
	for len(r.waiting)-skipped > readerEvents || r.bytes > readerBytes && len(r.waiting)-skipped > 1 {
		r.bytes -= sizeOf(&r.waiting[skipped])
		skipped++
	}
	if skipped > 0 {
		r.waiting = append(make([]events.Event, 0, readerEvents), r.waiting[skipped:]...)
		r.forget(skipped)
	}
	r.tell()
	return skipped
}

// forget counts the oldest of what waited, with the holes between them, as missing before the rest.
func (r *Reader) forget(n int) {
	first, behind := hole{skipped: int64(n)}, 0
	for behind < len(r.holes) && r.holes[behind].at <= n {
		first.skipped += r.holes[behind].skipped
		behind++
	}
	r.holes = append([]hole{first}, r.holes[behind:]...)
	for i := range r.holes[1:] {
		r.holes[1+i].at -= n
	}
}

// owned has texts of its own: those of an event that was just taken in share the memory of all that its sender sent with it, which would stay for as long
// as a reader does not read.
func owned(e events.Event) events.Event {
	for _, text := range []*string{
		&e.Name, &e.Actor.Value, &e.Source.Tool, &e.Source.ToolVersion, &e.Source.Machine, &e.Project, &e.SessionID, &e.Properties,
	} {
		*text = strings.Clone(*text)
	}
	e.Packages = slices.Clone(e.Packages)
	for i := range e.Packages {
		e.Packages[i] = strings.Clone(e.Packages[i])
	}
	return e
}

// miss counts events that nobody looked at, and returns how many.
func (r *Reader) miss(g gap) (skipped int) {
	if g.number <= r.since {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.holes) - 1; last >= 0 && r.holes[last].at == len(r.waiting) {
		r.holes[last].skipped += int64(g.events)
	} else if g.events > 0 {
		r.holes = append(r.holes, hole{at: len(r.waiting), skipped: int64(g.events)})
	}
	r.tell()
	return g.events
}

// tell wakes who waits for events or for the number of those that are missing. The reader must be locked.
func (r *Reader) tell() {
	if len(r.waiting) == 0 && len(r.holes) == 0 {
		return
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Next waits for events and returns them, oldest first, with the number of those that were skipped before them: up to where the next are missing. It returns
// the context's error when that ends.
func (r *Reader) Next(ctx context.Context) (list []events.Event, skipped int64, err error) {
	for {
		select {
		case <-r.more:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil { // also when something waits: a reader whose key is refused gets nothing more
			return nil, 0, err
		}
		if list, skipped = r.take(); len(list) > 0 || skipped > 0 { // else the last call has taken what the token was for
			return list, skipped, nil
		}
	}
}

func (r *Reader) take() (list []events.Event, skipped int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.holes) > 0 && r.holes[0].at == 0 {
		skipped, r.holes = r.holes[0].skipped, r.holes[1:]
	}
	if len(r.holes) == 0 {
		list = r.waiting
		r.waiting, r.bytes, r.holes = nil, 0, nil
		return list, skipped
	}
	n := r.holes[0].at
	list, r.waiting = r.waiting[:n:n], r.waiting[n:]
	r.bytes -= size(list)
	for i := range r.holes {
		r.holes[i].at -= n
	}
	r.tell() // of the rest
	return list, skipped
}

// Close ends the reading.
func (r *Reader) Close() { r.hub.leave(r) }
