package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// AddDeadLetters keeps letters by their ids.
func (s *Store) AddDeadLetters(ctx context.Context, id uuid.UUID, letters []events.DeadLetter) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	org := s.organization(id)
	for _, l := range letters {
		org.letters[l.ID] = l
	}
	return nil
}

// ListDeadLetters sorts all letters and cuts them.
func (s *Store) ListDeadLetters(ctx context.Context, id uuid.UUID, after *events.DeadLetterPosition, limit int) ([]events.DeadLetter, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var list []events.DeadLetter
	for _, l := range s.organization(id).letters {
		if after == nil || newestFirst(events.DeadLetter{FailedAt: after.FailedAt, ID: after.ID}, l) < 0 {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, newestFirst)
	return list[:min(limit, len(list))], nil
}

func newestFirst(a, b events.DeadLetter) int {
	return cmp.Or(b.FailedAt.Compare(a.FailedAt), bytes.Compare(b.ID[:], a.ID[:]))
}

// DeadLetter looks a letter up.
func (s *Store) DeadLetter(ctx context.Context, organization, id uuid.UUID) (events.DeadLetter, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return events.DeadLetter{}, err
	}
	defer unlock()
	letter, there := s.organization(organization).letters[id]
	if !there {
		return events.DeadLetter{}, events.ErrDeadLetterNotFound
	}
	return letter, nil
}

// RemoveDeadLetter forgets a letter.
func (s *Store) RemoveDeadLetter(ctx context.Context, organization, id uuid.UUID) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	delete(s.organization(organization).letters, id)
	return nil
}
