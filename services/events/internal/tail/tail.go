// Package tail hands events on to those who watch them come in: from the commit stage of internal/ingest to the streams of internal/rpc, past the database.
// A reader that is slow never holds an event up: what it cannot take is counted and told.
package tail

import (
	"context"
	"sync"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"devtrail.dev/services/events"
)

// capacity is how many events wait for a reader before the oldest of them are skipped.
const capacity = 1000

// Hub knows who reads. The zero value is not ready; see New.
type Hub struct {
	skipped prometheus.Counter
	reading prometheus.Gauge

	mu      sync.RWMutex
	readers map[uuid.UUID]map[*Reader]struct{}
}

// New returns a hub without readers.
func New() *Hub {
	return &Hub{
		readers: make(map[uuid.UUID]map[*Reader]struct{}),
		reading: prometheus.NewGauge(prometheus.GaugeOpts{Name: "devtrail_events_tail_readers", Help: "Streams that watch events come in."}),
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

// Publish offers events of an organization to its readers, in their order. It does not wait for anybody.
func (h *Hub) Publish(organization uuid.UUID, list []events.Event) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for r := range h.readers[organization] {
		h.skipped.Add(float64(r.offer(list)))
	}
}

// Listens tells whether an organization has readers. One who comes later may miss what is new now.
func (h *Hub) Listens(organization uuid.UUID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.readers[organization]) > 0
}

// Subscribe begins to read what comes in from now on and matches the filter, by the developer of the moment. The caller closes the reader.
func (h *Hub) Subscribe(organization uuid.UUID, filter events.Filter) *Reader {
	r := &Reader{filter: filter, hub: h, more: make(chan struct{}, 1), organization: organization}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers[organization] == nil {
		h.readers[organization] = make(map[*Reader]struct{})
	}
	h.readers[organization][r] = struct{}{}
	h.reading.Inc()
	return r
}

// Reader is one who watches.
type Reader struct {
	filter       events.Filter
	hub          *Hub
	organization uuid.UUID
	more         chan struct{} // holds a token when something waits

	mu      sync.Mutex
	waiting []events.Event // oldest first
	skipped int64          // before them
}

// offer keeps what matches and returns how many older ones had to go.
func (r *Reader) offer(list []events.Event) (skipped int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range list {
		if r.filter.Matches(list[i]) {
			r.waiting = append(r.waiting, list[i])
		}
	}
	if skipped = len(r.waiting) - capacity; skipped > 0 {
		r.skipped += int64(skipped)
		kept := make([]events.Event, capacity)
		copy(kept, r.waiting[skipped:])
		r.waiting = kept
	}
	if len(r.waiting) > 0 {
		select {
		case r.more <- struct{}{}:
		default:
		}
	}
	return max(skipped, 0)
}

// Next waits for events and returns them, oldest first, with the number of those that were skipped before them. It returns the context's error when that ends.
func (r *Reader) Next(ctx context.Context) (list []events.Event, skipped int64, err error) {
	select {
	case <-r.more:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	list, skipped = r.waiting, r.skipped
	r.waiting, r.skipped = nil, 0
	return list, skipped, nil
}

// Close ends the reading.
func (r *Reader) Close() {
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	readers := r.hub.readers[r.organization]
	if _, open := readers[r]; !open {
		return
	}
	delete(readers, r)
	if len(readers) == 0 {
		delete(r.hub.readers, r.organization)
	}
	r.hub.reading.Dec()
}
