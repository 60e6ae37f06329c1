package memory

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Endless is a query that runs until it is canceled.
func (s *Store) Endless(ctx context.Context, organization uuid.UUID) error {
	ctx, end := s.note(ctx, organization, "endless")
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
	}
	return end(ctx.Err())
}
