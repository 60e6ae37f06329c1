// Package tail hands events on to those who watch them come in: from the commit stage of internal/ingest to the streams of internal/rpc, past the database.
// Nothing holds an event up: what readers ask for is looked at by a goroutine of their organization's own, and what it or a reader is too slow for is
// counted and told.
package tail

import (
	"sync"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"devtrail.dev/kit/fault"
	"devtrail.dev/services/events"
)

// ErrTooMany says that as many streams watch as may. Coming again when one has ended is right.
var ErrTooMany = fault.New(fault.Exhausted, "TOO_MANY_TAILS", "too many streams watch events come in")

// How many may read: each event is compared with what each reader of its organization asks for, and waits in memory for those that are slow.
const (
	maxReaders = 256
	maxEach    = 32 // of an organization
)

// Hub knows who reads. The zero value is not ready; see New.
type Hub struct {
	skipped prometheus.Counter
	reading prometheus.Gauge

	mu      sync.RWMutex
	readers int
	rooms   map[uuid.UUID]*room
}

// New returns a hub without readers.
func New() *Hub {
	return &Hub{
		reading: prometheus.NewGauge(prometheus.GaugeOpts{Name: "devtrail_events_tail_readers", Help: "Streams that watch events come in."}),
		rooms:   make(map[uuid.UUID]*room),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{Name: "devtrail_events_tail_skipped_total", Help: "Events that readers were too slow for."}),
	}
}

var _ prometheus.Collector = (*Hub)(nil)

// Describe implements prometheus.Collector.
func (h *Hub) Describe(to chan<- *prometheus.Desc) {
	h.reading.Describe(to)
	h.skipped.Describe(to)
}

// Collect implements prometheus.Collector.
func (h *Hub) Collect(to chan<- prometheus.Metric) {
	h.reading.Collect(to)
	h.skipped.Collect(to)
}

// Publish offers events of an organization to its readers, in their order. It does not wait for anybody, and takes no longer for many readers than for one.
func (h *Hub) Publish(organization uuid.UUID, list []events.Event) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if r := h.rooms[organization]; r != nil {
		r.put(list)
	}
}

// Listens tells whether an organization has readers. One who comes later may miss what is new now.
func (h *Hub) Listens(organization uuid.UUID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.rooms[organization] != nil
}

// Subscribe begins to read what comes in from now on and matches the filter, by the developer of the moment. The caller closes the reader.
// The error is ErrTooMany.
func (h *Hub) Subscribe(organization uuid.UUID, filter events.Filter) (*Reader, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers >= maxReaders {
		return nil, ErrTooMany.With("%d streams watch events come in, which is how many may", maxReaders)
	}
	into := h.rooms[organization]
	if into == nil {
		into = newRoom()
		h.rooms[organization] = into
		go into.run(h.skipped)
	}
	r := &Reader{filter: filter, hub: h, more: make(chan struct{}, 1), organization: organization}
	if !into.enter(r) {
		return nil, ErrTooMany.With("%d streams of the organization watch events come in, which is how many may", maxEach)
	}
	h.readers++
	h.reading.Inc()
	return r, nil
}

// leave takes a reader out, once.
func (h *Hub) leave(r *Reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	from := h.rooms[r.organization]
	if from == nil {
		return
	}
	there, empty := from.leave(r)
	if !there {
		return
	}
	if empty {
		delete(h.rooms, r.organization)
		close(from.ended)
	}
	h.readers--
	h.reading.Dec()
}
