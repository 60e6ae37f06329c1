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
	skipped int64          // before them
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
		r.skipped += int64(skipped)
		r.waiting = append(make([]events.Event, 0, readerEvents), r.waiting[skipped:]...)
	}
	r.tell()
	return skipped
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
	r.skipped += int64(g.events)
	r.tell()
	return g.events
}

// tell wakes who waits for events or for the number of those that are missing. The reader must be locked.
func (r *Reader) tell() {
	if len(r.waiting) == 0 && r.skipped == 0 {
		return
	}
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Next waits for events and returns them, oldest first, with the number of those that were skipped before them. It returns the context's error when that ends.
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
	list, skipped = r.waiting, r.skipped
	r.waiting, r.bytes, r.skipped = nil, 0, 0
	return list, skipped
}

// Close ends the reading.
func (r *Reader) Close() { r.hub.leave(r) }
