package memory

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// pending tells whether answers look the override up.
func (o override) pending() bool { return o.sequence > 0 && !o.folded }

// Pending counts them.
func (s *Store) Pending(ctx context.Context) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	n := 0
	for _, org := range s.organizations {
		n += len(org.pending())
	}
	return n, nil
}

// Fold stamps the events of the first organization that has something pending.
func (s *Store) Fold(ctx context.Context, limit int) (int, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	ids := make([]uuid.UUID, 0, len(s.organizations))
	for id := range s.organizations {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		org := s.organizations[id]
		if list := org.pending(); len(list) > 0 {
			return org.fold(list[:min(limit, len(list))]), nil
		}
	}
	return 0, nil
}

// pending lists identities with a pending override, the oldest first.
func (org *organization) pending() []events.Identity {
	var list []events.Identity
	for i, o := range org.overrides {
		if o.pending() {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b events.Identity) int { return int(org.overrides[a].sequence - org.overrides[b].sequence) })
	return list
}

func (org *organization) fold(list []events.Identity) int {
	for _, i := range list {
		o := org.overrides[i]
		o.folded = true
		org.overrides[i] = o
	}
	for id, e := range org.events {
		org.events[id] = org.stamped(e)
	}
	return len(list)
}

// stamped is an event with the developer whom a folded override gives it.
func (org *organization) stamped(e events.Event) events.Event {
	if o := org.overrides[e.Actor]; e.Actor.Known() && o.folded {
		e.DeveloperID = o.developer
	}
	return e
}
