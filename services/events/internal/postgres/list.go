package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
)

// List reads the index of times backwards from the place where the page begins.
func (s *Store) List(ctx context.Context, organization uuid.UUID, q events.ListQuery) ([]events.Event, error) {
	args := about(organization, q.Range)
	addFilter(args, q.Filter)
	args["limit"] = q.Limit
	if q.After != nil {
		args["after_time"], args["after_id"] = q.After.OccurredAt, q.After.ID
	}
	var list []events.Event
	err := s.ask(ctx, organization, func(look *session) error {
		sh, stamped, err := look.owned(ctx, q.Filter, args)
		if err != nil {
			return err
		}
		sh.After, sh.Basic = q.After != nil, q.Basic
		name := "list"
		if sh.One && stamped {
			name = "list_of_one"
		}
		return look.answer(ctx, name, sh, args, func(rows pgx.Rows) error {
			read := eventFromRow
			if q.Basic {
				read = basicFromRow
			}
			e, err := read(rows)
			list = append(list, e)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
