package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// eventsData is the data of events.sql.
type eventsData struct {
	Relation                    *relation
	AfterTime, AfterID, Maximum string // parameters; those of the place are empty from the newest on
}

// Events reads the index of times backwards from the place where the page begins.
func (s *Store) Events(ctx context.Context, organization uuid.UUID, q insight.EventsQuery) ([]events.Event, error) {
	var list []events.Event
	err := s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		r, err := statement.about(ctx, q.Question, q.Range)
		if err != nil {
			return err
		}
		r.developers()
		r.Moved = "" // two parts have no common index of times
		data := eventsData{Relation: r, Maximum: statement.param(q.Limit)}
		if q.After != nil {
			data.AfterTime, data.AfterID = statement.param(q.After.OccurredAt), statement.param(q.After.ID)
		}
		return statement.run(ctx, "events", data, func(rows pgx.Rows) error {
			e, err := eventFromRow(rows)
			list = append(list, e)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
