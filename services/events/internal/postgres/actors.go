package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devtrail.dev/services/events/insight"
)

// actorsData is the data of actors.sql.
type actorsData struct {
	Relation     *relation
	After, Limit string // parameters
}

func (d actorsData) paged(after, limit string) any {
	d.After, d.Limit = after, limit
	return d
}

// pageable is the data of a statement that lists a page of actors.
type pageable interface {
	// paged returns the data with the parameters of a page.
	paged(after, limit string) any
}

// page runs a statement that lists actors.
func (q *query) page(ctx context.Context, name string, data pageable, p insight.ActorPage) ([]string, error) {
	var list []string
	err := q.run(ctx, name, data.paged(q.param(p.After), q.param(int64(p.Limit))), func(rows pgx.Rows) error {
		var actor string
		err := rows.Scan(&actor)
		list = append(list, actor)
		return err
	})
	return list, err
}
