package clickhouse

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/queue"
)

// stamps are the developers whom identities were reassigned to, by organization.
type stamps map[uuid.UUID]map[events.Identity]reassigned

// of returns whose an event is that was stamped with a developer.
func (s stamps) of(organization uuid.UUID, kind uint8, value string, stamped uuid.UUID) uuid.UUID {
	if len(s) == 0 || kind == 0 {
		return stamped
	}
	if r := s[organization][events.Identity{Kind: events.IdentityKind(kind), Value: value}]; r.sequence > 0 {
		return r.developer
	}
	return stamped
}

// stamping collects the identities whose stamps are wanted: those of organizations that have reassignments, pending or folded, since no question looks up one
// that is folded. It must be made and used while inserting is held for reading (or writing), until the events are inserted: a fold relies on it.
type stamping struct {
	store  *Store
	wanted map[uuid.UUID]map[events.Identity]bool // nil for an organization without reassignments
}

func (s *Store) stamping() *stamping {
	return &stamping{store: s, wanted: make(map[uuid.UUID]map[events.Identity]bool)}
}

// want notes an actor.
func (st *stamping) want(ctx context.Context, organization uuid.UUID, kind uint8, value string) error {
	identities, seen := st.wanted[organization]
	if !seen {
		some, err := st.store.reassignedSome(ctx, organization)
		if err != nil {
			return err
		}
		if some {
			identities = make(map[events.Identity]bool)
		}
		st.wanted[organization] = identities
	}
	if identities == nil || kind == 0 {
		return nil
	}
	i := events.Identity{Kind: events.IdentityKind(kind), Value: value}
	if !identities[i] {
		identities[i] = true
	}
	return nil
}

// find asks for the stamps of all that were noted.
func (st *stamping) find(ctx context.Context) (stamps, error) {
	var all stamps
	for organization, wanted := range st.wanted {
		if len(wanted) == 0 {
			continue
		}
		identities := make([]events.Identity, 0, len(wanted))
		for i := range wanted {
			identities = append(identities, i)
		}
		known, err := st.store.reassignments(ctx, organization, identities)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = make(stamps)
		}
		all[organization] = known
	}
	return all, nil
}

// stampsOf returns the stamps of a block's actors.
func (s *Store) stampsOf(ctx context.Context, b *queue.Block) (stamps, error) {
	st := s.stamping()
	some := false
	for organization := range b.Organizations() {
		if err := st.want(ctx, organization, 0, ""); err != nil {
			return nil, err
		}
		some = some || st.wanted[organization] != nil
	}
	if !some { // mostly: the events need not be looked at
		return nil, nil
	}
	for _, row := range b.Rows() {
		if err := st.want(ctx, row.Organization, row.ActorKind, row.ActorValue); err != nil {
			return nil, err
		}
	}
	return st.find(ctx)
}

// reassignedSome tells whether the organization has any reassignment, pending or folded.
func (s *Store) reassignedSome(ctx context.Context, organization uuid.UUID) (bool, error) {
	pending, err := s.some(ctx, "has_overrides", organization)
	if err != nil || pending {
		return pending, err
	}
	return s.some(ctx, "has_folds", organization)
}
