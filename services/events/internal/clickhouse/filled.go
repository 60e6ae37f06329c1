package clickhouse

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/catalog"
	"devtrail.dev/services/events/internal/queue"
)

// filled are the slots that a block fills, with what is promoted into them by organization.
type filled struct {
	of    map[uuid.UUID][]filling
	slots []int // ascending
}

// filling is one promoted property of one organization.
type filling struct {
	slot       int
	mark, name string
}

// value is what a slot holds of an event: nothing, where another organization of the block has something in the slot.
func (f *filled) value(organization uuid.UUID, slot int, properties string) string {
	for i := range f.of[organization] {
		if p := &f.of[organization][i]; p.slot == slot {
			return p.mark + events.Member(properties, p.name)
		}
	}
	return ""
}

// columns are the names of the slots' columns, to follow others.
func (f *filled) columns() string {
	var names strings.Builder
	for _, slot := range f.slots {
		names.WriteString(", " + catalog.Column(slot))
	}
	return names.String()
}

// fillings returns what is promoted in some organizations.
func (s *Store) fillings(ctx context.Context, organizations map[uuid.UUID]bool) (all filled, err error) {
	var used [catalog.Slots + 1]bool
	for organization := range organizations {
		list, err := s.promoted(ctx, organization)
		if err != nil {
			return all, err
		}
		for _, p := range list {
			if !p.Active() {
				continue
			}
			if all.of == nil {
				all.of = make(map[uuid.UUID][]filling)
			}
			all.of[organization] = append(all.of[organization], filling{slot: p.Slot, mark: p.Mark(), name: events.MemberName(p.Key)})
			used[p.Slot] = true
		}
	}
	for slot, is := range used {
		if is {
			all.slots = append(all.slots, slot)
		}
	}
	return all, nil
}

// fillingsOf returns what is promoted in the organizations of a block.
func (s *Store) fillingsOf(ctx context.Context, b *queue.Block) (filled, error) {
	organizations := make(map[uuid.UUID]bool)
	for organization := range b.Organizations() {
		organizations[organization] = true
	}
	return s.fillings(ctx, organizations)
}
