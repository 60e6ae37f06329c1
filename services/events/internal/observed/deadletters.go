package observed

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// AddDeadLetters measures the inner AddDeadLetters.
func (s *Store) AddDeadLetters(ctx context.Context, organization uuid.UUID, letters []events.DeadLetter) (err error) {
	defer s.measure("add_dead_letters")(&err)
	return s.inner.AddDeadLetters(ctx, organization, letters)
}

// ListDeadLetters measures the inner ListDeadLetters.
func (s *Store) ListDeadLetters(ctx context.Context, organization uuid.UUID, after *events.DeadLetterPosition, limit int) (list []events.DeadLetter, err error) {
	defer s.measure("list_dead_letters")(&err)
	return s.inner.ListDeadLetters(ctx, organization, after, limit)
}

// DeadLetter measures the inner DeadLetter.
func (s *Store) DeadLetter(ctx context.Context, organization, id uuid.UUID) (letter events.DeadLetter, err error) {
	defer s.measure("dead_letter")(&err)
	return s.inner.DeadLetter(ctx, organization, id)
}

// RemoveDeadLetter measures the inner RemoveDeadLetter.
func (s *Store) RemoveDeadLetter(ctx context.Context, organization, id uuid.UUID) (err error) {
	defer s.measure("remove_dead_letter")(&err)
	return s.inner.RemoveDeadLetter(ctx, organization, id)
}
