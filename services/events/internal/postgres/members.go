package postgres

import (
	"context"

	"github.com/google/uuid"

	"devtrail.dev/services/events"
	"devtrail.dev/services/events/insight"
)

// membersData is the data of members.sql.
type membersData struct {
	Known        *relation // all events that have a developer
	Member       condition
	After, Limit string // parameters
}

func (d membersData) paged(after, limit string) any {
	d.After, d.Limit = after, limit
	return d
}

// CohortMembers asks of every developer that is known whether it is a member, as if it were that of an event.
func (s *Store) CohortMembers(ctx context.Context, organization uuid.UUID, c *insight.Cohort, p insight.ActorPage) (list []string, err error) {
	err = s.ask(ctx, organization, func(look *session) error {
		q := look.query()
		known, err := q.about(ctx, insight.Question{By: insight.Developers}, events.AllTime)
		if err != nil {
			return err
		}
		known.acting()
		// The union has current developers, so no override is joined to it.
		someone := &relation{Start: known.Start, End: known.End, within: events.AllTime, By: by{Developers: true}}
		member, err := q.member(ctx, someone, c)
		if err != nil {
			return err
		}
		list, err = q.page(ctx, "members", membersData{Known: known, Member: member}, p)
		return err
	})
	return list, err
}
