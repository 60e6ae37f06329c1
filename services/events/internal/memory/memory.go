// Package memory keeps events in plain Go. It is the readable specification of events.Store: what it answers is what the engines must answer.
// Beside that it is the specification of insight.Store: one file for each insight. It stands below the service root, beside postgres and clickhouse, and serves tests of everything above it.
package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/insight"
	"devtrail.dev/services/events/internal/querylog"
)

var (
	_ events.Store  = (*Store)(nil)
	_ insight.Store = (*Store)(nil)
)

// Store is an events.Store that forgets everything when it is closed.
type Store struct {
	log     *querylog.Log
	started time.Time

	mu            sync.RWMutex
	closed        bool
	sequence      int64
	organizations map[uuid.UUID]*organization
}

// organization is what one tenant has.
type organization struct {
	brought    map[uuid.UUID]uint64       // by which block, of events that came in one
	events     map[uuid.UUID]events.Event // as stamped or folded
	letters    map[uuid.UUID]events.DeadLetter
	overrides  map[events.Identity]override
	items      map[itemKey]catalog.Item
	learned    map[int32]catalog.LearnedDay
	properties map[uuid.UUID]insight.DeveloperProperties
	privacy    events.Privacy // of revision 0 when there are none
}

// override is whose an identity is since a sequence number; 0 only notes that its events are stamped as nobody's.
type override struct {
	developer uuid.UUID
	sequence  int64
	folded    bool // it stands in the events of its identity
}

// New returns an empty store. Now tells when its own queries began.
func New(now func() time.Time) *Store {
	return &Store{log: querylog.New(0, now), started: now().UTC(), organizations: make(map[uuid.UUID]*organization)}
}

// Append keeps each event whose id is new.
func (s *Store) Append(ctx context.Context, id uuid.UUID, batch []events.Event) ([]events.Outcome, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	org := s.organization(id)
	outcomes := make([]events.Outcome, len(batch))
	for i, e := range batch {
		if _, there := org.events[e.ID]; there {
			outcomes[i] = events.Duplicate
			continue
		}
		org.events[e.ID] = org.stamped(e)
		outcomes[i] = events.Stored
	}
	return outcomes, nil
}

// List sorts what matches and cuts it.
func (s *Store) List(ctx context.Context, id uuid.UUID, q events.ListQuery) ([]events.Event, error) {
	matching, err := s.matching(ctx, id, q.Range, q.Filter)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(matching, func(a, b events.Event) int { return b.Compare(a) })
	var page []events.Event
	for _, e := range matching {
		if q.After != nil && e.Compare(events.Event{ID: q.After.ID, OccurredAt: q.After.OccurredAt}) >= 0 {
			continue
		}
		if len(page) == q.Limit {
			break
		}
		if q.Basic {
			e = e.Basic()
		}
		page = append(page, e)
	}
	return page, nil
}

// Reassign keeps the change with the highest sequence of each identity.
func (s *Store) Reassign(ctx context.Context, id uuid.UUID, changes []events.Reassignment) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	org := s.organization(id)
	for _, c := range changes {
		known, noted := org.overrides[c.Identity]
		if c.Birth && !noted || noted && c.Sequence <= known.sequence {
			continue
		}
		org.overrides[c.Identity] = override{developer: c.DeveloperID, sequence: c.Sequence}
	}
	return nil
}

// Sequence returns what SetSequence was given.
func (s *Store) Sequence(ctx context.Context) (int64, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	return s.sequence, nil
}

// SetSequence keeps the highest number.
func (s *Store) SetSequence(ctx context.Context, sequence int64) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	s.sequence = max(s.sequence, sequence)
	return nil
}

// Ready is always so until the store is closed.
func (s *Store) Ready(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	unlock()
	return nil
}

// Close forgets everything.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.organizations = true, nil
	return nil
}

// lock enters the store for writing, unless the context has ended or the store is closed.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, events.ErrStoreClosed
	}
	return s.mu.Unlock, nil
}

// organization returns a tenant's data, empty when it is new. The store must be locked for writing.
func (s *Store) organization(id uuid.UUID) *organization {
	org := s.organizations[id]
	if org == nil {
		org = &organization{
			brought: make(map[uuid.UUID]uint64), events: make(map[uuid.UUID]events.Event), letters: make(map[uuid.UUID]events.DeadLetter), overrides: make(map[events.Identity]override),
			properties: make(map[uuid.UUID]insight.DeveloperProperties), items: make(map[itemKey]catalog.Item), learned: make(map[int32]catalog.LearnedDay),
		}
		s.organizations[id] = org
	}
	return org
}

// matching returns the events of a range that match a filter, with their current developers, in no order.
func (s *Store) matching(ctx context.Context, id uuid.UUID, r events.Range, f events.Filter) ([]events.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, events.ErrStoreClosed
	}
	org := s.organizations[id]
	if org == nil {
		return nil, nil
	}
	var matching []events.Event
	for _, e := range org.events {
		if o := org.overrides[e.Actor]; e.Actor.Known() && o.pending() {
			e.DeveloperID = o.developer
		}
		if r.Holds(e.OccurredAt) && f.Matches(e) {
			matching = append(matching, e)
		}
	}
	return matching, nil
}
