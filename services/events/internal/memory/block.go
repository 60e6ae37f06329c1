package memory

import (
	"context"
	"time"

	"devtrail.dev/services/events/internal/queue"
)

var _ queue.BlockStore = (*Store)(nil)

// StoreBlock keeps each event whose id is new, or was brought by the block itself before.
func (s *Store) StoreBlock(ctx context.Context, b *queue.Block) (known []int, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	places := make(map[[2][16]byte]bool) // in this block
	for n, row := range b.Rows() {
		org, key := s.organization(row.Organization), [2][16]byte{row.Organization, row.ID}
		_, there := org.events[row.ID]
		if places[key] || there && org.brought[row.ID] != b.Number {
			known = append(known, n)
			continue
		}
		places[key] = true
		org.events[row.ID], org.brought[row.ID] = org.stamped(row.Event()), b.Number
	}
	return known, nil
}

// Latest looks at all events. Of batches nothing is noted: every id is compared here anyway.
func (s *Store) Latest(ctx context.Context, after uint64) (latest time.Time, err error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return time.Time{}, err
	}
	defer unlock()
	younger := after == 0
	for _, org := range s.organizations {
		for id, e := range org.events {
			younger = younger || org.brought[id] > after
			if e.OccurredAt.After(latest) {
				latest = e.OccurredAt
			}
		}
	}
	if !younger {
		return time.Time{}, nil
	}
	return latest, nil
}
