package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events/insight"
)

// Stickiness asks once a series.
func (s *Store) Stickiness(ctx context.Context, organization uuid.UUID, q insight.StickinessQuery) ([][]int64, error) {
	counts := make([][]int64, len(q.Series))
	err := s.ask(ctx, organization, func(look *session) error {
		for i := range q.Series {
			counts[i] = make([]int64, len(q.Buckets))
			statement := look.query()
			data, err := statement.stickiness(ctx, q, i)
			if err != nil {
				return err
			}
			err = statement.run(ctx, "stickiness", data, func(rows pgx.Rows) error {
				var active, actors int64
				err := rows.Scan(&active, &actors)
				if err == nil {
					counts[i][active-1] = actors
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return counts, err
}

// StickinessActors lists those of one number of buckets.
func (s *Store) StickinessActors(ctx context.Context, organization uuid.UUID, q insight.StickinessQuery, series, k int, page insight.ActorPage) ([]string, error) {
	var list []string
	err := s.ask(ctx, organization, func(look *session) error {
		statement := look.query()
		data, err := statement.stickiness(ctx, q, series)
		if err != nil {
			return err
		}
		data.Active = statement.param(int64(k))
		list, err = statement.page(ctx, "stickiness_actors", data, page)
		return err
	})
	return list, err
}

// stickinessData is the data of stickiness.sql and stickiness_actors.sql.
type stickinessData struct {
	Relation                      *relation
	Buckets, Active, After, Limit string // parameters
}

func (d stickinessData) paged(after, limit string) any {
	d.After, d.Limit = after, limit
	return d
}

func (q *query) stickiness(ctx context.Context, asked insight.StickinessQuery, series int) (stickinessData, error) {
	r, err := q.about(ctx, asked.Question, asked.Range)
	if err != nil {
		return stickinessData{}, err
	}
	m, err := q.matcher(ctx, r, asked.Series[series])
	r.Where = append(r.Where, m)
	r.acting()
	return stickinessData{Relation: r, Buckets: q.param(asked.Buckets)}, err
}
