package memory

import (
	"context"
	"math"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
)

// ExposureParts cuts the whole exposure into parts, list after list.
func (s *Store) ExposureParts(ctx context.Context, id uuid.UUID, q events.ExposureQuery, yield func(events.ExposurePart) error) error {
	size := q.Limit
	q.Limit = math.MaxInt
	left, err := s.Exposure(ctx, id, q)
	if err != nil {
		return err
	}
	for part := (events.ExposurePart{Exposure: events.Exposure{Sighting: left.Sighting}}); part.Sighting.Count > 0 || left.Len() > 0; part = (events.ExposurePart{}) {
		take(&part.Versions, &left.Versions, size-part.Len())
		take(&part.Machines, &left.Machines, size-part.Len())
		take(&part.Sources, &left.Sources, size-part.Len())
		take(&part.Projects, &left.Projects, size-part.Len())
		take(&part.Actors, &left.Actors, size-part.Len())
		take(&part.Developers, &left.Developers, size-part.Len())
		if part.Changes, err = s.ManifestChanges(ctx, id, q.Package, part.ProjectNames()); err != nil {
			return err
		}
		if err := yield(part); err != nil {
			return err
		}
	}
	return nil
}

// take moves the first rows of a list, n at most.
func take[K any](part, left *events.Sightings[K], n int) {
	if n = min(n, len(left.Rows)); n > 0 {
		*part = events.Sightings[K]{Rows: left.Rows[:n], Total: left.Total}
		left.Rows = left.Rows[n:]
	}
}
