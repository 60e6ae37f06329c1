package postgres

import (
	"context"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// The whole exposure is read through a cursor: what is in memory is some rows, however slowly they are used, and the changes of their projects are
// asked for on the same connection, of the same moment.
const (
	openCursor  = "DECLARE whole NO SCROLL CURSOR FOR "
	fetchCursor = "FETCH FORWARD 500 FROM whole"
)

// ExposureParts hands the rows over as they are fetched.
func (s *Store) ExposureParts(ctx context.Context, organization uuid.UUID, q events.ExposureQuery, yield func(events.ExposurePart) error) error {
	args := about(organization, q.Range)
	args["package"], args["versions"], args["limit"] = q.Package, q.Versions, math.MaxInt32
	var refused error
	err := s.ask(ctx, organization, func(look *session) error {
		sh := look.overriding(look.pending, args)
		sh.Versioned = q.Versions != nil
		text, err := statement("exposure", sh)
		if err != nil {
			return err
		}
		nothing := func(pgx.Rows) error { return nil }
		if err := look.run(ctx, "exposure_parts", openCursor+text, args, nothing); err != nil {
			return err
		}
		for {
			parts, err := look.fetchExposure(ctx, q.Limit)
			if err != nil || len(parts) == 0 {
				return err
			}
			for _, part := range parts {
				if part.Changes, err = look.manifestChanges(ctx, q.Package, part.ProjectNames()); err != nil {
					return err
				}
				if refused = yield(part); refused != nil {
					return refused
				}
			}
		}
	})
	if refused != nil {
		return refused // as it is: it is not the database's
	}
	return err
}

// fetchExposure reads the next rows, in parts of so many; none when there are no more.
func (s *session) fetchExposure(ctx context.Context, size int) ([]events.ExposurePart, error) {
	var parts []events.ExposurePart
	err := s.run(ctx, "exposure_parts", fetchCursor, pgx.NamedArgs{}, func(rows pgx.Rows) error {
		if last := len(parts) - 1; last < 0 || parts[last].Len() == size {
			parts = append(parts, events.ExposurePart{})
		}
		return addExposure(&parts[len(parts)-1].Exposure, rows)
	})
	return parts, err
}
