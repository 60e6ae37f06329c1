package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/internal/querytag"
)

// RunningQueries asks the server, so those of every instance of this service are among them. It does not tell what they took.
func (s *Store) RunningQueries(ctx context.Context, organization uuid.UUID) ([]events.Query, error) {
	var list []events.Query
	err := s.ask(ctx, organization, func(look *session) error {
		return look.answer(ctx, "running_queries", shape{}, pgx.NamedArgs{}, func(rows pgx.Rows) error {
			var text string
			var q events.Query
			var seconds float64
			if err := rows.Scan(&text, &q.StartedAt, &seconds); err != nil {
				return err
			}
			id, tag, ok := querytag.ParseComment(text)
			if !ok || tag.Organization != organization.String() || tag.Kind == "running_queries" {
				return nil
			}
			q.ID, q.Tag, q.StartedAt, q.Elapsed = id, tag, q.StartedAt.UTC(), time.Duration(seconds*float64(time.Second))
			list = append(list, q)
			return nil
		})
	})
	return list, err
}

// CancelQuery has the server end the statement whose tag begins with the id and the organization.
func (s *Store) CancelQuery(ctx context.Context, organization uuid.UUID, id string) error {
	if _, err := uuid.Parse(id); err != nil { // every id of a query is one
		return events.ErrQueryNotFound.Wrap(err)
	}
	found := false
	err := s.ask(ctx, organization, func(look *session) error {
		return look.answer(ctx, "cancel_query", shape{}, pgx.NamedArgs{"head": querytag.Head(id, organization)}, func(rows pgx.Rows) error {
			return rows.Scan(&found)
		})
	})
	if err == nil && !found {
		return events.ErrQueryNotFound
	}
	return err
}

// SlowQueries tells of those that this instance asked: the server keeps no record of single queries.
func (s *Store) SlowQueries(ctx context.Context, organization uuid.UUID, f events.SlowQueryFilter) (events.SlowQueries, error) {
	if err := s.enter(ctx); err != nil {
		return events.SlowQueries{}, err
	}
	return events.SlowQueries{Queries: s.log.Slow(organization, f), Instance: true}, nil
}
